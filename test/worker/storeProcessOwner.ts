/** Opens a store in a process of its own, writes to it, says so, and waits to be killed. */

import { pathToFileURL } from 'node:url';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';

const [directory, workerUrl] = process.argv.slice(2) as [string, string];
const openStore = embeddedStoreOpener(new URL(workerUrl));
const store = await openStore(pathToFileURL(directory).href, {
  readOnly: false,
  expect: 'new',
  salvage: false,
  durability: 'os',
  maxSegmentSizeBytes: 1 << 20,
  ownProcess: 'always',
});
await store.put(Buffer.from('a'), Buffer.from('1'));
process.send?.('written');
