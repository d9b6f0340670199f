import assert from 'node:assert/strict';
import { hintFileName, parseHintFileName, parseSegmentFileName, segmentFileName } from '../../src/format/fileName.ts';

describe('file names', () => {
  it('hold the id in twelve digits', () => {
    assert.equal(segmentFileName(1), '000000000001.seg');
    assert.equal(hintFileName(4_294_967_295), '004294967295.hint');
  });

  it('give back the id', () => {
    for (const id of [1, 2, 999_999, 2 ** 31, 2 ** 32 - 1]) {
      assert.equal(parseSegmentFileName(segmentFileName(id)), id);
      assert.equal(parseHintFileName(hintFileName(id)), id);
    }
  });

  it('are no names of segments when they are not exactly so', () => {
    const others = [
      '000000000000.seg',
      '004294967296.seg',
      '00000000001.seg',
      '0000000000001.seg',
      '000000000001.SEG',
      '000000000001.seg.tmp',
      '000000000001.hint',
      '+00000000001.seg',
      '0x0000000001.seg',
      '00000000001 .seg',
      '٠٠٠٠٠٠٠٠٠٠٠١.seg',
      '.seg',
      'MANIFEST',
      '',
    ];
    for (const name of others) assert.equal(parseSegmentFileName(name), undefined, name);
    assert.equal(parseHintFileName('000000000001.seg'), undefined);
  });
});
