/** Entry of the inspector's webview: makes the parts and connects them. */

import './icons.css';
import './inspector.css';
import { Inspector } from './inspector.ts';
import { MARKS } from './marks.ts';

performance.mark(MARKS.started);
const place = document.getElementById('inspector');
if (place !== null) void new Inspector(place).start();
