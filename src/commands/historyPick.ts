/** The list of a key's versions. It is filled while the log is read, and closing it ends the reading. */

import * as vscode from 'vscode';
import { StoreError } from '../explorer/storeError.ts';
import { formatKey } from '../shared/keyText.ts';
import type { KeyVersion } from '../shared/keyValueStore.ts';
import { formatCount, formatCountOf, formatOffset, formatSize, formatTime } from '../shared/quantities.ts';
import type { KeyTarget } from './keyTarget.ts';
import { VERSIONS_PER_PAGE, VersionPages } from './versionPages.ts';

export type VersionAction = 'open' | 'compare' | 'reveal' | 'restore';

export interface ChosenVersion {
  readonly action: VersionAction;
  readonly version: KeyVersion;
  /** The next older version. */
  readonly before: KeyVersion | undefined;
}

interface VersionItem extends vscode.QuickPickItem {
  /** Absent in the item that loads more. */
  readonly chosen?: Omit<ChosenVersion, 'action'>;
}

const COMPARE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('diff'),
  tooltip: 'Compare with the version before',
};
const REVEAL: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('go-to-file'),
  tooltip: 'Show the record in its segment',
};
const RESTORE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('discard'),
  tooltip: 'Write this version again as the newest',
};
const STOP: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('debug-stop'),
  tooltip: 'Stop reading the log',
};

const MORE: VersionItem = {
  label: `$(chevron-down) List ${VERSIONS_PER_PAGE} older versions`,
  alwaysShow: true,
};
const READING: VersionItem = { label: '$(loading~spin) Reading the log …', alwaysShow: true };

/** Drawing the list anew costs more than a version does, and nobody reads faster. */
const DRAW_INTERVAL_MS = 100;

export class HistoryPick {
  readonly #target: KeyTarget;
  readonly #pages: VersionPages;
  readonly #pick = vscode.window.createQuickPick<VersionItem>();
  #reading: AbortController | undefined;
  #readBytes = '';
  #nextDrawMs = 0;
  #isClosed = false;

  /** `run` is asked for what a person has chosen, and for the reading of a page that they ask for. */
  constructor(
    target: KeyTarget,
    run: (action: () => Promise<void>) => void,
    act: (chosen: ChosenVersion) => Promise<void>,
  ) {
    this.#target = target;
    this.#pages = new VersionPages(target.store, target.key);
    const pick = this.#pick;
    pick.title = `History of ${formatKey(target.key)}`;
    pick.matchOnDescription = true;
    pick.keepScrollPosition = true;
    const choose = (action: VersionAction, item: VersionItem | undefined) => {
      if (item?.chosen === undefined) return;
      const { chosen } = item;
      pick.hide();
      run(() => act({ action, ...chosen }));
    };
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined && item.chosen === undefined) run(() => this.load());
      else choose('open', item);
    });
    pick.onDidTriggerItemButton(({ item, button }) => {
      choose(button === COMPARE ? 'compare' : button === REVEAL ? 'reveal' : 'restore', item);
    });
    pick.onDidTriggerButton(() => this.#reading?.abort());
    pick.onDidHide(() => {
      this.#isClosed = true;
      this.#reading?.abort();
      pick.dispose();
    });
    pick.show();
  }

  /** Reads the next versions into the list. Closes the list when the log has none, or cannot be read. */
  async load(): Promise<void> {
    if (this.#reading !== undefined) return;
    const reading = new AbortController();
    this.#reading = reading;
    this.#draw();
    try {
      await this.#pages.load(
        {
          signal: reading.signal,
          onProgress: ({ done, total }) => {
            this.#readBytes = `${formatSize(done)} of ${formatSize(total)}`;
            this.#drawInTime();
          },
        },
        () => this.#drawInTime(),
      );
    } catch (error) {
      if (StoreError.codeOf(error) !== 'ABORTED') {
        this.#pick.hide();
        throw error;
      }
    } finally {
      this.#reading = undefined;
      this.#readBytes = '';
    }
    if (this.#isClosed) return;
    if (this.#pages.shown.length === 0 && !this.#pages.hasMore) {
      this.#pick.hide();
      throw new StoreError('NOT_FOUND', `The log has no version of ${formatKey(this.#target.key)}.`);
    }
    this.#draw();
  }

  #drawInTime(): void {
    if (performance.now() >= this.#nextDrawMs) this.#draw();
  }

  #draw(): void {
    if (this.#isClosed) return;
    this.#nextDrawMs = performance.now() + DRAW_INTERVAL_MS;
    const isReading = this.#reading !== undefined;
    const pick = this.#pick;
    pick.busy = isReading;
    pick.buttons = isReading ? [STOP] : [];
    pick.placeholder = this.#placeholder();
    const { shown, hasMore } = this.#pages;
    const lastWithBefore = pick.items.findLastIndex(({ chosen }) => chosen?.before !== undefined);
    const items = shown.map((version, index) => {
      const drawn = index <= lastWithBefore ? pick.items[index] : undefined;
      return drawn ?? versionItem(this.#target, version, this.#pages.before(index));
    });
    // Who has chosen it stays where it is, and so is at the first of the versions that come.
    if (hasMore) items.push(isReading ? READING : MORE);
    const [active] = pick.activeItems;
    const activeIndex = active === undefined ? -1 : pick.items.indexOf(active);
    pick.items = items;
    const stillActive = items[activeIndex];
    if (activeIndex > 0 && stillActive !== undefined) pick.activeItems = [stillActive];
  }

  #placeholder(): string {
    const { shown, hasMore } = this.#pages;
    const count = formatCount(shown.length);
    if (this.#reading !== undefined) {
      const progress = this.#readBytes === '' ? '' : ` (${this.#readBytes})`;
      return `Reading the log${progress}: ${formatCountOf(shown.length, 'version')} so far`;
    }
    if (hasMore) return `The newest ${count} in the log are listed; the last item lists older ones`;
    return `${count} in the log, newest first`;
  }
}

function versionItem({ entry }: KeyTarget, version: KeyVersion, before: KeyVersion | undefined): VersionItem {
  const { operation, sequence, timestampMs, expiryMs, valueSizeBytes, location } = version;
  const isPut = operation === 'put';
  const details = [isPut ? formatSize(valueSizeBytes) : 'deleted'];
  if (expiryMs > 0) details.push(`${expiryMs < Date.now() ? 'expired' : 'expires'} ${formatTime(expiryMs)}`);
  if (location !== undefined) details.push(`segment ${location.segmentId}, ${formatOffset(location.offsetBytes)}`);
  const buttons = [];
  if (before !== undefined) buttons.push(COMPARE);
  if (location !== undefined) buttons.push(REVEAL);
  if (isPut && entry.isWritable) buttons.push(RESTORE);
  const icon = isPut ? 'edit' : 'trash';
  return {
    chosen: { version, before },
    label: `$(${icon}) ${formatTime(timestampMs)}`,
    description: `#${formatCount(sequence)}  ·  ${details.join('  ·  ')}`,
    buttons,
  };
}
