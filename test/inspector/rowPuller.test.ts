import assert from 'node:assert/strict';
import { RowPuller } from '../../src/inspector/formats/rowPuller.ts';
import { strataSegment } from '../../src/inspector/formats/strataSegment.ts';
import { HEAD_SIZE_BYTES } from '../../src/inspector/logFormat.ts';
import { MemoryFile } from '../../src/inspector/rangedFile.ts';
import { SegmentBuilder } from './segmentBuilder.ts';

const FILE_NAME = '000000000001.seg';

function pullerOf(builder: SegmentBuilder): RowPuller {
  const bytes = builder.bytes();
  const file = new MemoryFile(bytes);
  const logFile = strataSegment.open({
    fileName: FILE_NAME,
    head: bytes.subarray(0, HEAD_SIZE_BYTES),
    sizeBytes: bytes.length,
    read: (offsetBytes, sizeBytes) => bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
  });
  return new RowPuller(file, logFile);
}

describe('RowPuller', () => {
  it('gives every record, and only records', async () => {
    const builder = new SegmentBuilder(1);
    const offsets = Array.from({ length: 5000 }, (_, index) =>
      builder.add({ key: `key-${index}`, value: 'v'.repeat(100) }),
    );
    const puller = pullerOf(builder);
    const seen: number[] = [];
    const context = { pause: () => undefined };
    for (let record = await puller.readOn(context); record !== undefined; ) {
      seen.push(record.offsetBytes);
      record = puller.next() ?? (await puller.readOn(context));
    }
    assert.deepEqual(seen, offsets);
    assert.equal(puller.next(), undefined);
    assert.equal(puller.damagedRanges, 0);
  });

  it('offers others their turn all through a long damaged stretch, and can be stopped there', async () => {
    const builder = new SegmentBuilder(1);
    builder.raw(new Uint8Array(8 * 2 ** 20).fill(0xa5));
    builder.add({ key: 'behind', value: '' });
    let turns = 0;
    const puller = pullerOf(builder);
    const record = await puller.readOn({ pause: () => void turns++ });
    assert.equal(Buffer.from(record?.key ?? []).toString(), 'behind');
    assert.ok(turns >= 32, `${turns} times in 32 pieces`);
    const stop = () => {
      throw new Error('not wanted any more');
    };
    await assert.rejects(pullerOf(builder).readOn({ pause: stop }), /not wanted/);
  });
});
