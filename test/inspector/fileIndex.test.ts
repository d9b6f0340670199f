import assert from 'node:assert/strict';
import { FileIndex } from '../../src/inspector/fileIndex.ts';
import { strataSegment } from '../../src/inspector/formats/strataSegment.ts';
import { MemoryFile, readBytes } from '../../src/inspector/rangedFile.ts';
import { SegmentBuilder } from './segmentBuilder.ts';

describe('the index of a file', () => {
  it('has not its last word on a batch while it looks for the end of damage in it', () => {
    const builder = new SegmentBuilder();
    const frame = builder.batch([{ key: 'a', value: 'v' }, { key: 'b' }], 3);
    const end = builder.sizeBytes + 40;
    builder.raw(new Uint8Array(8 * 2 ** 20));
    builder.add({ key: 'after', value: 'v' });
    const bytes = builder.bytes();
    const file = new MemoryFile(bytes);
    const index = new FileIndex(
      file,
      strataSegment.open({
        fileName: '000000000007.seg',
        head: bytes.subarray(0, 4096),
        sizeBytes: bytes.length,
        read: (offsetBytes, sizeBytes) => readBytes(file, offsetBytes, sizeBytes),
      }),
    );
    let stepsWithin = 0;
    while (!index.done) {
      index.step();
      if (index.indexedBytes < end || index.isIncomplete(frame)) continue;
      stepsWithin++;
      assert.equal(index.knowsGroupsUpTo(end), false);
    }
    assert.ok(stepsWithin > 0, 'no step ended within the damage');
    assert.deepEqual([index.isIncomplete(frame), index.knowsGroupsUpTo(end)], [true, true]);
    assert.equal(index.damages.count, 1);
  });
});
