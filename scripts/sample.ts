// `npm run sample`: the workspace that `npm start` and F5 open.
import path from 'node:path';
import { ensureSampleWorkspace } from '../test/support/sampleWorkspace.ts';

await ensureSampleWorkspace(path.resolve(import.meta.dirname, '../sample-workspace'));
