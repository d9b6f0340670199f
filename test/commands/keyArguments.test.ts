import assert from 'node:assert/strict';
import { notAValue } from '../../src/commands/keyArguments.ts';

describe('arguments of commands', () => {
  it('that are no value: what a value is, and what this one is', () => {
    const kinds = [1, true, null, [1, 2], { lat: 47 }].map((given) => / is ([^.]*)\.$/.exec(notAValue(given))?.[1]);
    assert.deepEqual(kinds, ['a number', 'a boolean', 'null', 'an array', 'an object']);
    assert.match(notAValue(1), /text, such as "1", or bytes as "hex:00ff"/);
  });
});
