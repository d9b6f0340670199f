import assert from 'node:assert/strict';
import { PendingMatch } from '../../media/inspector/pendingMatch.ts';
import type { Located, LocateTarget } from '../../src/shared/inspectorMessages.ts';

const TARGET: LocateTarget = { kind: 'row', row: 7 };
const LOCATED: Located = { position: 3, row: 7, offsetBytes: 700 };

const always = () => true;

describe('a record that is to be selected once its position is known', () => {
  it('is found once', async () => {
    const pending = new PendingMatch();
    assert.equal(await pending.find(async () => LOCATED, always), undefined);
    pending.hold(TARGET, 'nearest');
    const asked: LocateTarget[] = [];
    const found = await pending.find(async (target) => {
      asked.push(target);
      return LOCATED;
    }, always);
    assert.deepEqual(found, { target: TARGET, reveal: 'nearest', located: LOCATED });
    assert.deepEqual(asked, [TARGET]);
    assert.equal(pending.isThere, false);
  });

  it('waits no longer when nothing is known of it', async () => {
    const pending = new PendingMatch();
    pending.hold(TARGET, 'none');
    const found = await pending.find(async () => undefined, always);
    assert.deepEqual(found, { target: TARGET, reveal: 'none', located: undefined });
    assert.equal(pending.isThere, false);
  });

  it('is wanted still when other rows are shown by the time of the answer, and is found in those', async () => {
    const pending = new PendingMatch();
    pending.hold(TARGET, 'none');
    assert.equal(
      await pending.find(
        async () => LOCATED,
        () => false,
      ),
      undefined,
    );
    assert.equal(pending.target, TARGET);
    const later = { ...LOCATED, position: 5 };
    assert.deepEqual((await pending.find(async () => later, always))?.located, later);
  });

  it('is wanted still when its rows are made anew while it is asked for, whatever the answer', async () => {
    const pending = new PendingMatch();
    for (const answer of [LOCATED, undefined]) {
      pending.hold(TARGET, 'none');
      const asking = pending.find(async () => answer, always);
      pending.holdOn();
      assert.equal(await asking, undefined);
      assert.equal(pending.target, TARGET);
    }
  });

  it('is told to one of those who ask at the same time', async () => {
    const pending = new PendingMatch();
    pending.hold(TARGET, 'none');
    const answers = await Promise.all([1, 2].map(() => pending.find(async () => LOCATED, always)));
    assert.deepEqual(
      answers.map((answer) => answer?.located),
      [LOCATED, undefined],
    );
  });

  it('gives way to another one, and to none', async () => {
    const pending = new PendingMatch();
    pending.hold(TARGET, 'none');
    const asking = pending.find(async () => LOCATED, always);
    const other: LocateTarget = { kind: 'offset', offsetBytes: 9 };
    pending.hold(other, 'center');
    assert.equal(await asking, undefined);
    assert.equal(pending.target, other);
    const askingAgain = pending.find(async () => LOCATED, always);
    pending.forget();
    assert.equal(await askingAgain, undefined);
    assert.equal(pending.isThere, false);
    pending.holdOn();
    assert.equal(pending.isThere, false);
  });
});
