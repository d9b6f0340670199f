import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { StoreServer } from '../../src/worker/storeServer.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

const TTL_MS = 40;

describe('A store server that is closed', () => {
  const directories = temporaryDirectories();

  it('is not woken by a key that was put while it was being closed, when the time of that is over', async () => {
    const directory = directories.make();
    const told: string[] = [];
    const server = new StoreServer({
      progress: () => undefined,
      versions: () => undefined,
      changed: (kinds) => told.push(...kinds),
    });
    const options = { durability: 'os', readOnly: false, compaction: 'manual' } as const;
    await server.open({ directory, directoryUri: pathToFileURL(directory).toString(), options });
    const put = server.put(new TextEncoder().encode('a'), new Uint8Array(1), TTL_MS);
    await server.close();
    await put;
    // What a timer throws then would be an uncaught error, with which this test fails.
    await pause(TTL_MS * 3);
    assert.deepEqual(told, []);
  });
});
