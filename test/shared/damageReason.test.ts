import assert from 'node:assert/strict';
import { damageReason } from '../../src/shared/damageReason.ts';

describe('the reason of damage', () => {
  for (const [reason, reachesEnd, words] of [
    ['short-header', true, 'torn tail'],
    ['short-body', true, 'torn tail'],
    ['short-header', false, 'cut off'],
    ['short-body', false, 'impossible length'],
    ['bad-checksum', true, 'bad checksum'],
    ['zeros', false, 'zeros'],
    ['header-of-another-file', undefined, 'header of another file'],
  ] as const) {
    it(`has words: ${reason}${reachesEnd ? ' at the end' : ''}`, () =>
      assert.equal(damageReason({ reason, ...(reachesEnd === undefined ? {} : { reachesEnd }) }), words));
  }
});
