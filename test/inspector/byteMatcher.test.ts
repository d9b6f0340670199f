import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ByteMatcher, compileMatcher, matchRegex, matchText } from '../../src/inspector/byteMatcher.ts';

function bytesOf(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])));
}

/** The first match. */
function matchIn(matcher: ByteMatcher, bytes: Uint8Array): { at: number; sizeBytes: number } | undefined {
  const first = matchesIn(matcher, bytes)[0];
  assert.equal(matcher.test(bytes), first !== undefined);
  assert.equal(outcomeOf(matcher.search(bytes)), first !== undefined);
  return first;
}

function outcomeOf(steps: Generator<undefined, boolean>): boolean {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function matchesIn(matcher: ByteMatcher, bytes: Uint8Array): { at: number; sizeBytes: number }[] {
  const matches = [...matcher.matchesIn(bytes).after()].filter((match) => match !== undefined);
  return matches.map(({ at, sizeBytes }) => ({ at, sizeBytes }));
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('places of matches in bytes', () => {
  for (const [what, before, sizeBytes] of [
    ['a byte that is never UTF-8', bytesOf(0xff), 1],
    ['the beginning of a character', bytesOf(0xe2, 0x82), 2],
    ['the longer beginning of a character', bytesOf(0xf0, 0x9f, 0x98), 3],
    ['an overlong character', bytesOf(0xc0, 0x80), 2],
    ['half of a surrogate pair', bytesOf(0xed, 0xa0, 0x80), 3],
    ['a character beyond the last', bytesOf(0xf4, 0x90, 0x80, 0x80), 4],
    ['a replacement character that is written there', bytesOf('\ufffd'), 3],
    ['all of these', bytesOf(0xff, '\ufffd', 0xe2, 0x82, 'ä', 0xff, 0x80), 10],
  ] as const) {
    it(`are right after ${what}`, () => {
      assert.equal(before.length, sizeBytes);
      const bytes = Uint8Array.from([...before, ...bytesOf('needle', 0xff)]);
      const place = { at: before.length, sizeBytes: 6 };
      assert.deepEqual(matchIn(matchRegex('needle', true), bytes), place);
      assert.deepEqual(matchIn(matchRegex('NEEDLE', false), bytes), place);
      assert.deepEqual(matchIn(matchText('NEEDLE', false), bytes), place);
      assert.deepEqual(matchIn(matchRegex('.*needle', true), bytes), { at: 0, sizeBytes: before.length + 6 });
    });
  }

  it('are right where a letter and its other case have not the same length', () => {
    for (const [pattern, found] of [
      ['straße', 'STRAẞE'],
      ['ä s', 'Ä ſ'],
      ['ä k', 'Ä \u212a'],
      ['Ⱥⱦ', 'ⱥȾ'],
      ['ÄÖ', 'äö'],
    ] as const) {
      const bytes = bytesOf(0xff, 'İ', found, 0xfe);
      assert.deepEqual(
        matchIn(matchText(pattern, false), bytes),
        { at: 3, sizeBytes: Buffer.byteLength(found) },
        pattern,
      );
    }
  });

  it('cut the bytes where the decoded text is cut, whatever the bytes', () => {
    const byte = fc.constantFrom(
      ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbd, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef],
      ...[0xf0, 0xf1, 0xf4, 0xf5, 0xff],
    );
    const matcher = matchRegex('[^\\x00]+', true);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), (drawn) => {
        const bytes = Uint8Array.from(drawn);
        const first = drawn.findIndex((value) => value !== 0);
        if (first < 0) {
          assert.equal(matchIn(matcher, bytes), undefined);
          return;
        }
        // A zero byte belongs to no other character, so the place can be told from the bytes alone.
        const end = drawn.indexOf(0, first);
        const sizeBytes = (end < 0 ? drawn.length : end) - first;
        assert.deepEqual(matchIn(matcher, bytes), { at: first, sizeBytes });
      }),
      { numRuns: 2000 },
    );
  });

  it('are those of single characters too', () => {
    const byte = fc.constantFrom(0x41, 0x80, 0x90, 0xa0, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xff);
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 16 }), fc.nat(15), (drawn, drawnIndex) => {
        const bytes = Uint8Array.from(drawn);
        const characters = [...decode(bytes)];
        const index = drawnIndex % characters.length;
        const match = matchIn(matchRegex(`(?<=^.{${index}}).`, true), bytes);
        assert.ok(match);
        const { at, sizeBytes } = match;
        assert.equal(decode(bytes.subarray(0, at)), characters.slice(0, index).join(''));
        assert.equal(decode(bytes.subarray(at, at + sizeBytes)), characters[index]);
        assert.equal(decode(bytes.subarray(at + sizeBytes)), characters.slice(index + 1).join(''));
      }),
      { numRuns: 2000 },
    );
  });

  it('are found where the pieces meet in which bytes are searched, and gone on from', () => {
    const bytes = new Uint8Array(0x9_0000).fill(0xff);
    const wanted: number[] = [];
    for (let at = 5; at < bytes.length - 100; at += 6551) wanted.push(at);
    for (const border of [0x4_0000, 0x8_0000]) for (const shift of [-9, -3, 3]) wanted.push(border + shift);
    wanted.sort((a, b) => a - b);
    for (const at of wanted) bytes.set(bytesOf('nEedle'), at);
    for (const [kind, pattern] of [
      ['text', 'nEedle'],
      ['text', 'needle'],
      ['hex', '6e 45 65 64 6c 65'],
      ['hex', '6e ?5 65 64 6c 65'],
      ['regex', 'ne+dle'],
      ['regex', 'n(?:E[de]d|xyz)le'],
      ['regex', '(?i)(?:(?-i:nEed)|(?-i:nExd))LE'],
    ] as const) {
      const compiled = compileMatcher({ kind, pattern, matchCase: pattern.includes('nE') || pattern.includes('E[') });
      assert.ok(compiled.ok);
      const matches = compiled.matcher.matchesIn(bytes);
      const found = [...matches.after()].filter((match) => match !== undefined);
      assert.deepEqual(
        found.map(({ at }) => at),
        wanted,
        pattern,
      );
      for (const [index, previous] of found.entries()) {
        let next: number | undefined;
        for (const match of matches.after(previous)) {
          next = match?.at;
          if (next !== undefined) break;
        }
        assert.equal(next, wanted[index + 1]);
      }
    }
  });

  it('are none of a hex pattern without digits', () => {
    for (const pattern of ['0x', ' ']) {
      const compiled = compileMatcher({ kind: 'hex', pattern, matchCase: false });
      assert.deepEqual(compiled, { ok: false, message: 'Type what to look for.' });
    }
  });

  it('come from what was typed', () => {
    const compiled = compileMatcher({ kind: 'regex', pattern: 'b+', matchCase: false });
    assert.ok(compiled.ok);
    assert.deepEqual(matchIn(compiled.matcher, bytesOf(0x80, 0x80, 'aBb')), { at: 3, sizeBytes: 2 });
  });
});
