import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { segmentSalt } from '../../src/format/crc32.ts';
import { hashKey } from '../../src/format/keyHash.ts';
import { exampleHintFile, exampleManifest, exampleSegment } from '../support/formatExample.ts';
import { toBytes } from '../support/segmentBytes.ts';
import { hash, readHintFile, readManifest, readSegment } from './secondDecoder.ts';

const PAGE = readFileSync(new URL('../../src/format/FORMAT.md', import.meta.url), 'utf8');

/** The bytes of the block of this name; every line's offset is checked. */
function bytesInPage(fileName: string): Uint8Array {
  const block = new RegExp(`^\`\`\`hex ${fileName}\n(.*?)^\`\`\``, 'ms').exec(PAGE)?.[1];
  assert.ok(block !== undefined, `no block for ${fileName}`);
  const bytes: number[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const [, offset, hex] = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )+) *\S/.exec(line) ?? [];
    assert.ok(offset !== undefined && hex !== undefined, line);
    assert.equal(Number.parseInt(offset, 16), bytes.length, line);
    for (const byte of hex.trim().split(' ')) bytes.push(Number.parseInt(byte, 16));
  }
  return Uint8Array.from(bytes);
}

describe('the example in FORMAT.md', () => {
  const examples: [string, Uint8Array][] = [
    ['000000000001.seg', exampleSegment()],
    ['000000000001.hint', exampleHintFile()],
    ['MANIFEST', exampleManifest()],
  ];
  for (const [fileName, bytes] of examples) {
    it(`is what the encoder writes: ${fileName}`, () => {
      assert.equal(Buffer.from(bytesInPage(fileName)).toString('hex'), Buffer.from(bytes).toString('hex'));
      assert.ok(PAGE.includes(`\`${fileName}\`, ${bytes.length} bytes:`));
    });
  }

  it('means what the page says', () => {
    const { records, damages, batches } = readSegment(bytesInPage('000000000001.seg'), 1);
    assert.deepEqual(damages, []);
    assert.deepEqual(batches, [{ frameOffset: 0x46, end: 0xbd, complete: true }]);
    assert.deepEqual(
      records.map(({ offset, operation, sequence, key, value }) => [offset, operation, sequence, key, value]),
      [
        [0x20, 'put', 1, '6b', '76'],
        [0x46, 'batch', 2, '', '020000004b000000'],
        [0x72, 'put', 2, 'ff00', ''],
        [0x98, 'del', 3, '6b', ''],
      ],
    );
    assert.equal(new Date(records[2]?.expiry ?? 0).toISOString(), '2026-01-01T00:01:00.000Z');
    const hints = readHintFile(bytesInPage('000000000001.hint'));
    assert.ok(typeof hints !== 'string');
    assert.deepEqual(
      hints.entries.map(({ offset, sequence }) => [offset, sequence]),
      [
        [0x20, 1],
        [0x72, 2],
        [0x98, 3],
      ],
    );
    const manifest = readManifest(bytesInPage('MANIFEST'));
    assert.ok(typeof manifest !== 'string');
    assert.deepEqual(
      manifest.segments.map(({ id, sealed, durableSize }) => [id, sealed, durableSize]),
      [
        [1, true, 0xbd],
        [2, false, 0x20],
      ],
    );
  });
});

describe('the values in FORMAT.md', () => {
  const hexadecimal = (value: number) => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

  it('are those of the hash, in the engine and in the second decoder', () => {
    const cases: [string, number, string][] = [
      ['a', 0, '0'],
      ['abcd', 0, '0'],
      ['hello', 1, '1'],
      ['country/admin/name', 0x12345678, '0x12345678'],
    ];
    for (const [key, seed, seedText] of cases) {
      const bytes = toBytes(key);
      const value = hashKey(bytes, 0, bytes.length, seed);
      assert.equal(hash(bytes, seed), value, key);
      assert.ok(PAGE.includes(`\`hash("${key}", ${seedText})\` = ${hexadecimal(value)}`), key);
    }
  });

  it('are those of the salt', () => {
    for (const id of [1, 2]) assert.ok(PAGE.includes(`\`salt(${id})\` = ${hexadecimal(segmentSalt(id))}`));
  });
});
