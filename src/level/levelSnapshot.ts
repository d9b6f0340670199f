import { AbstractSnapshot } from 'abstract-level';
import type { StoreSnapshot } from '../engine/storeSnapshot.ts';

/** An explicit snapshot: `db.snapshot()`. Keeps one state of the store readable until it is closed. */
export class LevelSnapshot extends AbstractSnapshot {
  readonly state: StoreSnapshot;

  constructor(state: StoreSnapshot, options: object) {
    // abstract-level's types do not show the option that names the database which closes the snapshot.
    super(...([options] as unknown as []));
    this.state = state;
  }

  async _close(): Promise<void> {
    this.state.close();
  }
}
