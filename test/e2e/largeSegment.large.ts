// A segment of 64 MiB and one of almost 4 GiB in a real VS Code: correct everywhere, in memory that does not grow with
// the file. Times are printed and not judged. STRATA_LARGE_SEGMENT_MB sets the larger size.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MARKS } from '../../media/inspector/marks.ts';
import { formatCount, formatSize } from '../../src/shared/quantities.ts';
import { segmentOf } from '../inspector/segmentBuilder.ts';
import { LARGE_START_MS, largeKey, type WrittenSegment, writeLargeSegment } from '../inspector/writeSegment.ts';
import { extensionHostBytes } from '../support/extensionHostMemory.ts';
import { eventually } from './eventually.ts';
import { SegmentEditor } from './segmentEditor.ts';
import { Workbench } from './workbench.ts';

const FILE = '000000000007.seg';
const TINY = '000000000001.seg';
/** For VS Code's own picture preview, a custom editor as well. */
const PICTURE = 'picture.png';
const VALUE_SIZE_BYTES = 84;
const SMALLER_MB = 64;
const LARGER_MB = Number(process.env['STRATA_LARGE_SEGMENT_MB'] ?? 4095);
const PATIENCE_MS = 900_000;
const STEP_PATIENCE_MS = 120_000;
/** The wheel is turned for so long, by so much at a time. */
const WHEEL_MS = 5000;
const WHEEL_STEP_PX = 600;
/** How often a file is opened: the first time VS Code loads its own code for it. */
const OPENINGS = 5;
const MIB = 2 ** 20;
/** The larger file may take so much more than the smaller one: what differs is noise of garbage collection. */
const HOST_GROWTH_BYTES = 64 * MIB;
const PAGE_GROWTH_BYTES = 24 * MIB;
/** What the extension host takes for an open editor, thread included, whatever the size of the file. */
const EDITOR_BYTES = 320 * MIB;

interface Measured {
  readonly sizeMb: number;
  readonly records: number;
  /** Resident bytes of the extension host, its threads included. */
  readonly hostBytes: Record<string, number>;
  /** Bytes of the page's JavaScript heap, workbench and webview together, after a collection. */
  readonly pageBytes: Record<string, number>;
  readonly timesMs: Record<string, number>;
  /** What turning the wheel looks like. */
  readonly scrolling: Record<string, string>;
}

class Measurement {
  readonly #workbench: Workbench;
  readonly result: Measured;

  constructor(workbench: Workbench, sizeMb: number, records: number) {
    this.#workbench = workbench;
    this.result = { sizeMb, records, hostBytes: {}, pageBytes: {}, timesMs: {}, scrolling: {} };
  }

  async memory(moment: string): Promise<void> {
    const { page, serverProcessId } = this.#workbench;
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    await session.detach();
    this.result.pageBytes[moment] = usedSize;
    this.result.hostBytes[moment] = extensionHostBytes(serverProcessId);
  }

  async time<T>(what: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const answer = await work();
    this.result.timesMs[what] = performance.now() - start;
    return answer;
  }
}

async function goTo(workbench: Workbench, place: string): Promise<void> {
  await workbench.runCommand('Strata: Go to Offset');
  await workbench.answer('Offset (1024', place);
}

/** The selected row has this key. */
async function atRecord(editor: SegmentEditor, index: number): Promise<void> {
  await eventually(async () => {
    const text = await editor.grid.locator('.rows .row[aria-selected=true]').innerText({ timeout: 1000 });
    assert.ok(text.includes(largeKey(index)), `${text} is not ${largeKey(index)}`);
  }, STEP_PATIENCE_MS);
}

/** Opens a file by a click and tells when that was, by the clock of the browser. What the test itself takes is not in it. */
async function clickOn(workbench: Workbench, fileName: string): Promise<number> {
  await workbench.page.evaluate(() => {
    const noteClick = ({ timeStamp }: MouseEvent) => {
      document.documentElement.dataset['clickedMs'] = String(performance.timeOrigin + timeStamp);
    };
    addEventListener('click', noteClick, { capture: true, once: true });
  });
  await workbench.openFileInExplorer(fileName);
  const clickedMs = await workbench.page.evaluate(() => document.documentElement.dataset['clickedMs']);
  assert.ok(clickedMs !== undefined);
  return Number(clickedMs);
}

/** When the inspector's script began, and when its first rows were on the screen, by the clock of the browser. */
async function marksOf(editor: SegmentEditor): Promise<{ readonly startedMs: number; readonly firstRowsMs: number }> {
  return editor.grid.evaluate((_, { started, firstRows }) => {
    const [from] = performance.getEntriesByName(started);
    const [until] = performance.getEntriesByName(firstRows);
    if (from === undefined || until === undefined) throw new Error('The inspector has not marked its first rows.');
    const { timeOrigin } = performance;
    return { startedMs: timeOrigin + from.startTime, firstRowsMs: timeOrigin + until.startTime };
  }, MARKS);
}

/** When VS Code's own preview had a picture on the screen, by the clock of the browser. */
async function pictureOnScreenMs(workbench: Workbench): Promise<number> {
  const picture = workbench.webview().locator('img');
  await picture.waitFor();
  return picture.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const whenPainted = (list: PerformanceObserverEntryList) =>
          resolve(performance.timeOrigin + (list.getEntries().at(-1)?.startTime ?? Number.NaN));
        new PerformanceObserver(whenPainted).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );
}

/** Every row in sight has the key that belongs to its number. */
async function assertRowsInSight(editor: SegmentEditor): Promise<number> {
  const rows = await editor.visibleRows();
  assert.ok(rows.length > 5);
  for (const { '#': number = '', Key: key } of rows) {
    const row = Number(number.replaceAll(',', ''));
    if (row > 0) assert.equal(key, largeKey(row - 1));
  }
  return Number((rows[0]?.['#'] ?? '').replaceAll(',', ''));
}

async function scrollThrough(workbench: Workbench, editor: SegmentEditor, records: number): Promise<void> {
  const bar = editor.frame.locator('.scroll-bar');
  for (let step = 0; step <= 20; step++) {
    const { x, y, width, height } = (await bar.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await workbench.page.mouse.click(x + width / 2, y + 1 + ((height - 2) * step) / 20);
    await workbench.page.mouse.wheel(0, 400);
    await eventually(async () => {
      const row = await assertRowsInSight(editor);
      assert.ok(Math.abs(row / records - step / 20) < 0.1, `row ${row} at ${step} of 20`);
    }, STEP_PATIENCE_MS);
  }
  await editor.grid.focus();
  await workbench.page.keyboard.press('End');
  await atRecord(editor, records - 1);
  await assertRowsInSight(editor);
}

/** Turns the wheel for a while, and looks at every frame that the page draws meanwhile. */
async function turnWheel(workbench: Workbench, editor: SegmentEditor): Promise<Record<string, string>> {
  const { page } = workbench;
  const recorder = await editor.grid.evaluateHandle((grid) => {
    const framesMs: number[] = [];
    let incomplete = 0;
    let last = performance.now();
    let isOver = false;
    const look = (now: number) => {
      framesMs.push(now - last);
      last = now;
      if (grid.querySelector('.rows .row.loading:not([hidden])') !== null) incomplete++;
      if (!isOver) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const stop = () => {
      isOver = true;
      return { framesMs, incomplete };
    };
    return { stop };
  });
  const box = await editor.grid.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const from = await editor.firstRowInSight();
  const start = performance.now();
  while (performance.now() - start < WHEEL_MS) await page.mouse.wheel(0, WHEEL_STEP_PX);
  const seconds = (performance.now() - start) / 1000;
  const { framesMs, incomplete } = await recorder.evaluate(({ stop }) => stop());
  await recorder.dispose();
  await assertRowsInSight(editor);
  const rows = (await editor.firstRowInSight()) - from;
  assert.ok(rows > 100, `${rows} rows have passed`);
  const frame = (share: number) => `${quantileOf(framesMs, share).toFixed(1)} ms`;
  return {
    'rows a second': formatCount(Math.round(rows / seconds)),
    'frames, median': frame(0.5),
    'frames, 99 %': frame(0.99),
    'frames, longest': frame(1),
    'frames with a row still to come': `${formatCount(incomplete)} of ${formatCount(framesMs.length)}`,
  };
}

/** The value that `share` of them, 0 to 1, are not above. */
function quantileOf(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}

/** Closes the editor after each. */
async function medianOfOpenings(workbench: Workbench, open: () => Promise<number>): Promise<number> {
  const timesMs: number[] = [];
  for (let count = 0; count < OPENINGS; count++) {
    timesMs.push(await open());
    await workbench.runCommand('View: Close Editor');
  }
  return quantileOf(timesMs, 0.5);
}

async function measure(sizeMb: number): Promise<Measured> {
  const temporary = await mkdtemp(path.join(tmpdir(), 'strata-large-e2e-'));
  try {
    const directory = path.join(temporary, 'large');
    await mkdir(directory);
    await writeFile(path.join(directory, TINY), segmentOf(1, () => ({ key: 'k0', value: '' })).bytes());
    await copyFile(path.resolve(import.meta.dirname, '../../media/icon.png'), path.join(directory, PICTURE));
    const written = writeLargeSegment(path.join(directory, FILE), sizeMb * MIB, VALUE_SIZE_BYTES);
    await using workbench = await Workbench.open({ workspace: directory });
    workbench.page.setDefaultTimeout(STEP_PATIENCE_MS);
    try {
      return await useEditor(workbench, sizeMb, written);
    } catch (error) {
      await workbench.screenshotOfFailure(`large-${sizeMb}`);
      throw error;
    }
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function useEditor(workbench: Workbench, sizeMb: number, { recordCount }: WrittenSegment): Promise<Measured> {
  const measurement = new Measurement(workbench, sizeMb, recordCount);
  const editor = new SegmentEditor(workbench);
  // What starting the extension takes is not the file's.
  await workbench.openFileInExplorer(TINY);
  await editor.row('k0').first().waitFor();
  await measurement.memory('with a tiny file');
  await workbench.runCommand('View: Close Editor');
  // What opening a custom editor takes at the least, whatever it shows.
  const { timesMs } = measurement.result;
  timesMs["a picture in VS Code's own preview"] = await medianOfOpenings(workbench, async () => {
    const clickedMs = await clickOn(workbench, PICTURE);
    return (await pictureOnScreenMs(workbench)) - clickedMs;
  });
  timesMs['first row of a tiny file'] = await medianOfOpenings(workbench, async () => {
    const clickedMs = await clickOn(workbench, TINY);
    await editor.row('k0').first().waitFor();
    return (await marksOf(editor)).firstRowsMs - clickedMs;
  });
  const sharesMs: number[] = [];
  const first = editor.grid.locator('.rows .row:not(.loading):not([hidden])').filter({ hasText: largeKey(0) });
  const openLarge = async () => {
    const clickedMs = await clickOn(workbench, FILE);
    await first.first().waitFor();
    const { startedMs, firstRowsMs } = await marksOf(editor);
    sharesMs.push(firstRowsMs - startedMs);
    return firstRowsMs - clickedMs;
  };
  timesMs['first rows on screen'] = await medianOfOpenings(workbench, openLarge);
  timesMs['of these, in the inspector'] = quantileOf(sharesMs, 0.5);
  await openLarge();
  await measurement.time('go to the end at once', async () => {
    await measurement.time('the end at once, explained', async () => {
      await goTo(workbench, '100%');
      await editor.detailOf(largeKey(recordCount - 1));
    });
    await atRecord(editor, recordCount - 1);
  });
  await measurement.time('index complete', () =>
    editor.fact('index').waitFor({ state: 'detached', timeout: PATIENCE_MS }),
  );
  assert.equal(await editor.count('records'), recordCount);
  assert.equal(await editor.fact('damage').innerText(), 'none');
  await measurement.memory('indexed');
  const middle = Math.floor(recordCount / 2);
  await measurement.time('go to a row', async () => {
    await goTo(workbench, `#${middle + 1}`);
    await atRecord(editor, middle);
  });
  await measurement.time('go to a time', async () => {
    await goTo(workbench, new Date(LARGE_START_MS + middle + 4321).toISOString());
    await atRecord(editor, middle + 4321);
  });
  await measurement.time('go to the end', async () => {
    await goTo(workbench, '100%');
    await atRecord(editor, recordCount - 1);
  });
  await goTo(workbench, '0x20');
  await atRecord(editor, 0);
  await measurement.time('scroll through', () => scrollThrough(workbench, editor, recordCount));
  await goTo(workbench, `#${middle + 1}`);
  await atRecord(editor, middle);
  Object.assign(measurement.result.scrolling, await turnWheel(workbench, editor));
  await measurement.memory('scrolled');
  await workbench.screenshot(`inspector-large-${sizeMb}`);
  const sequence = editor.grid.getByRole('columnheader').getByRole('button', { name: 'Seq' });
  await measurement.time('sort, descending', async () => {
    await sequence.dblclick();
    await editor.frame.getByText(/by sequence number, descending/).waitFor({ timeout: PATIENCE_MS });
    await atRecord(editor, recordCount - 1);
  });
  await measurement.memory('sorted');
  return measurement.result;
}

/** One line for each figure, the two sizes side by side. */
function table(results: readonly Measured[]): string {
  const line = (label: string, cells: readonly string[]) =>
    label.padEnd(36) + cells.map((cell) => cell.padStart(14)).join('');
  const rowsOf = <T>(label: string, pick: (result: Measured) => Record<string, T>, show: (value: T) => string) =>
    Object.keys(pick(results[0] as Measured)).map((name) =>
      line(
        `${label}${name}`,
        results.map((result) => show(pick(result)[name] as T)),
      ),
    );
  return [
    line(
      'size of the file',
      results.map(({ sizeMb }) => `${formatCount(sizeMb)} MiB`),
    ),
    line(
      'records',
      results.map(({ records }) => formatCount(records)),
    ),
    ...rowsOf(
      '',
      ({ timesMs }) => timesMs,
      (ms) => `${formatCount(ms)} ms`,
    ),
    ...rowsOf(
      'turning the wheel, ',
      ({ scrolling }) => scrolling,
      (text) => text,
    ),
    ...rowsOf('extension host, ', ({ hostBytes }) => hostBytes, formatSize),
    ...rowsOf('heap of the page, ', ({ pageBytes }) => pageBytes, formatSize),
  ].join('\n');
}

describe('a large segment in VS Code', function () {
  this.timeout(2 * PATIENCE_MS);

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  it('takes no more memory than a small one, in host, thread and page', async () => {
    const smaller = await measure(SMALLER_MB);
    const larger = await measure(LARGER_MB);
    console.log(table([smaller, larger]));
    for (const moment of ['indexed', 'scrolled', 'sorted']) {
      const growth = (pick: (result: Measured) => Record<string, number>, result: Measured) =>
        (pick(result)[moment] ?? Number.NaN) - (pick(result)['with a tiny file'] ?? Number.NaN);
      const host = ({ hostBytes }: Measured) => hostBytes;
      const page = ({ pageBytes }: Measured) => pageBytes;
      assert.ok(growth(host, larger) < EDITOR_BYTES, `${growth(host, larger)} bytes in the host when ${moment}`);
      if (moment !== 'sorted') {
        const more = growth(host, larger) - growth(host, smaller);
        assert.ok(more < HOST_GROWTH_BYTES, `${more} bytes more in the host when ${moment}`);
      }
      const more = growth(page, larger) - growth(page, smaller);
      assert.ok(more < PAGE_GROWTH_BYTES, `${more} bytes more in the page when ${moment}`);
    }
  });
});
