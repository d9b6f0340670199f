// A program of its own that writes to a store: `node storeAppender.ts <directory> <count>` puts `later/0`, `later/1` ...
import { Store } from '../../src/engine/store.ts';

const [directory = '', count = '0'] = process.argv.slice(2);
const encoder = new TextEncoder();
const store = await Store.open(directory, { durability: 'os' });
for (let index = 0; index < Number(count); index++) {
  await store.put(encoder.encode(`later/${index}`), encoder.encode(`{"index":${index}}`));
}
await store.close();
