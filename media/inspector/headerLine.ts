/** The line that says what file this is and what is in it. */

import type { FileFact, FileSummary, IndexProgress } from '../../src/shared/inspectorRows.ts';
import { formatCount, formatCountOf, formatShare, formatSize } from '../../src/shared/quantities.ts';
import { localTime } from './columns.ts';
import { element, linkButton, setHidden, setText } from './dom.ts';

export class HeaderLine {
  readonly root: HTMLElement;
  readonly #fileName = element('h1', {});
  readonly #format = element('span', { class: 'format' });
  readonly #factList = element('dl', {});
  #factsShown: readonly FileFact[] = [];
  #summary: FileSummary | undefined;
  #progress: IndexProgress | undefined;
  /** Live bytes of all records; undefined when no store knows the file. */
  #liveBytes: number | undefined;
  #recordBytes = 0;
  #extra: readonly FileFact[] = [];
  readonly #openStore: HTMLButtonElement;
  readonly #next: { focus(): void };

  /** `next` gets the keyboard focus when the button that has it goes away. */
  constructor(onOpenStore: () => void, next: { focus(): void }) {
    this.#next = next;
    this.#openStore = linkButton(
      'Open store to see states',
      onOpenStore,
      'States of records are known when the store they belong to is open',
    );
    this.#openStore.hidden = true;
    this.root = element(
      'header',
      { class: 'header-line', hidden: true },
      this.#fileName,
      this.#format,
      this.#factList,
      this.#openStore,
    );
  }

  /** Offers to open the store, when there may be one and it is closed. */
  offerStore(offer: boolean): void {
    setHidden(this.#openStore, !offer, this.#next);
  }

  showSummary(summary: FileSummary): void {
    this.#summary = summary;
    this.#draw();
  }

  showProgress(progress: IndexProgress): void {
    this.#progress = progress;
    this.#draw();
  }

  showBytes(recordBytes: number, liveBytes: number | undefined): void {
    this.#recordBytes = recordBytes;
    this.#liveBytes = liveBytes;
    this.#draw();
  }

  /** Facts that came later, such as a check against another file. */
  showExtra(facts: readonly FileFact[]): void {
    this.#extra = facts;
    this.#draw();
  }

  #draw(): void {
    const summary = this.#summary;
    if (summary === undefined) return;
    const facts: FileFact[] = [
      {
        label: 'size',
        value: formatSize(summary.sizeBytes),
        tone: 'plain',
        detail: formatCountOf(summary.sizeBytes, 'byte'),
      },
      ...this.#counts(summary),
      ...this.#extra,
    ];
    this.root.hidden = false;
    setText(this.#fileName, summary.fileName);
    setText(this.#format, summary.formatName);
    this.#showFacts([...summary.facts, ...facts]);
  }

  /** Facts come several times a second; one that says the same as before stays, with the tooltip somebody may read. */
  #showFacts(facts: readonly FileFact[]): void {
    const shown = this.#factsShown;
    const list = this.#factList;
    facts.forEach((fact, at) => {
      const before = shown[at];
      if (before === undefined) list.append(factElement(fact));
      else if (!isSameFact(before, fact)) list.children[at]?.replaceWith(factElement(fact));
    });
    while (list.children.length > facts.length) list.lastElementChild?.remove();
    this.#factsShown = facts;
  }

  #counts(summary: FileSummary): FileFact[] {
    const progress = this.#progress;
    if (progress === undefined) return [];
    const facts: FileFact[] = [];
    const kinds = summary.operations
      .map((name, at) => ({ name, count: progress.operationCounts[at] ?? 0 }))
      .filter(({ count }) => count > 0);
    const detail = kinds.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ');
    facts.push({ label: 'records', value: formatCount(progress.recordCount), tone: 'plain', detail });
    for (const { name, count } of kinds) facts.push({ label: name, value: formatCount(count), tone: 'plain' });
    const dead = this.#deadShare();
    if (dead !== undefined)
      facts.push({
        label: 'dead',
        value: formatShare(dead),
        tone: dead > 0.5 ? 'warning' : 'plain',
        detail: 'Share of the record bytes that a compaction would drop',
      });
    const index = indexFact(progress);
    if (index !== undefined) facts.push(index);
    facts.push(damageFact(progress));
    if (progress.incompleteGroups > 0) {
      facts.push({
        label: 'incomplete',
        value: formatCountOf(progress.incompleteGroups, summary.groupNames.one, summary.groupNames.many),
        tone: 'warning',
      });
    }
    return facts;
  }

  #deadShare(): number | undefined {
    if (this.#liveBytes === undefined || this.#recordBytes === 0) return undefined;
    return Math.max(0, 1 - this.#liveBytes / this.#recordBytes);
  }
}

/** How far the rows are known and from where; nothing once a file that has no other to tell of it has been read. */
function indexFact({ quick, done, indexedBytes, sizeBytes }: IndexProgress): FileFact | undefined {
  const readShare = formatShare(indexedBytes / Math.max(1, sizeBytes));
  const reading = { label: 'index', value: `${readShare} read`, tone: 'plain' as const };
  if (quick === undefined) return done ? undefined : reading;
  const { source, state, share } = quick;
  switch (state) {
    case 'reading':
      return { ...reading, value: `${source} ${formatShare(share)} read` };
    case 'shown':
      return {
        ...reading,
        value: `from ${source}, ${readShare} checked`,
        detail: `Rows are where the ${source} says; the file is being read to check it. Records are checked when shown.`,
      };
    case 'refused':
      return {
        ...reading,
        value: done ? 'read' : `${readShare} read`,
        detail: `The ${source} is of no use: it is damaged or of another file.`,
      };
    case 'agreed':
      return { ...reading, value: 'checked', detail: `The rows read are those that the ${source} told.` };
    case 'differed':
      return {
        ...reading,
        tone: 'warning',
        value: `differs from ${source}`,
        detail: `The rows shown were read from this file; the ${source} tells others.`,
      };
  }
}

function damageFact({ damage, done }: IndexProgress): FileFact {
  if (damage.ranges === 0 && !done) return { label: 'damage', value: 'none so far', tone: 'plain' };
  if (damage.ranges === 0) return { label: 'damage', value: 'none', tone: 'good' };
  const value = `${formatCountOf(damage.ranges, 'range')}, ${formatSize(damage.bytes)}`;
  return { label: 'damage', value, tone: 'bad' };
}

function isSameFact(a: FileFact, b: FileFact): boolean {
  return a.label === b.label && a.value === b.value && a.tone === b.tone && a.detail === b.detail;
}

function factElement({ label, value, tone, detail }: FileFact): HTMLElement {
  const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
  const shown = isTime ? localTime(Date.parse(value)).slice(0, 19) : value;
  return element(
    'div',
    { class: `fact ${tone}`, title: detail ?? (isTime ? value : undefined) },
    element('dt', {}, label),
    element('dd', {}, shown),
  );
}
