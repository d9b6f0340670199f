/** Opens a store in a process of its own, writes to it or begins to close it too, says so, and waits to be killed. */

import { pathToFileURL } from 'node:url';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';
import { newStoreOptions } from './newStoreOptions.ts';

const [directory, workerUrl, action] = process.argv.slice(2) as [string, string, string];
const openStore = embeddedStoreOpener(new URL(workerUrl));
const store = await openStore(pathToFileURL(directory).href, newStoreOptions('always'));
await store.put(Buffer.from('a'), Buffer.from('1'));
if (action === 'close') void store.close();
process.send?.('done');
