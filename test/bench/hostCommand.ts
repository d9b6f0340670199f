import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { openChromiumPage } from '../support/chromiumPage.ts';
import { startVscodeHost } from '../support/vscodeHost.ts';
import { writeLargeStore } from './host/largeStore.ts';
import { PHASE_MARK, type PhaseDelay } from './host/phaseDelay.ts';
import { markdownTable } from './report/comparisonTable.ts';
import { describeMachine, machineLines } from './report/machine.ts';
import { formatQuantity } from './report/quantities.ts';
import { writeReport } from './report/writeReport.ts';

export interface HostOptions {
  readonly keys: number;
  readonly value: number;
  readonly data: string;
  readonly output: string;
  readonly name?: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROBE = path.join(ROOT, 'out/bench/probe.cjs');

/** The event loop delay of a real extension host while it works with a large store. */
export async function measureHost({ keys, value, data, output, name = 'host' }: HostOptions): Promise<void> {
  const machine = describeMachine();
  await buildExtensionAndProbe();
  const workspace = await mkdtemp(path.join(data, 'strata-bench-'));
  try {
    const store = path.join(workspace, 'large');
    console.error(`Writing a store of ${keys.toLocaleString('en-US')} keys ...`);
    await writeLargeStore(store, keys, value);
    const phases = await runProbe(workspace, store);
    const markdown = [
      ...machineLines(machine),
      `- Store of ${keys.toLocaleString('en-US')} keys of 16 bytes, values of ${value} bytes; VS Code server, browser and store share the machine`,
      '',
      hostTable(phases),
    ].join('\n');
    writeReport(output, name, markdown, { machine, results: [], phases });
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function buildExtensionAndProbe(): Promise<void> {
  const { status } = spawnSync(process.execPath, ['esbuild.js'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('The extension could not be built; see above.');
  await esbuild.build({
    entryPoints: [path.join(import.meta.dirname, 'host/probe.ts')],
    outfile: PROBE,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
}

/** Resolves to the figures of each phase when the probe has ended. */
async function runProbe(workspace: string, store: string): Promise<PhaseDelay[]> {
  await using host = await startVscodeHost({
    extension: { developmentDirectory: ROOT },
    workspace,
    testsModule: PROBE,
    environment: { STRATA_BENCH_STORE: store },
  });
  await using browser = await openChromiumPage();
  const phases: PhaseDelay[] = [];
  const { promise: exitCode, resolve, reject } = Promise.withResolvers<number>();
  const messages: string[] = [];
  await browser.page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    const text = args.map(String).join(' ');
    messages.push(text);
    if (text.startsWith(PHASE_MARK)) phases.push(JSON.parse(text.slice(PHASE_MARK.length)) as PhaseDelay);
  });
  await browser.page.exposeFunction('codeAutomationExit', resolve);
  browser.page.once('crash', () => reject(new Error(`The page has crashed.\n${host.log()}`)));
  await browser.page.goto(host.url);
  if ((await exitCode) !== 0) throw new Error(`The probe has failed:\n${messages.slice(-20).join('\n')}`);
  return phases;
}

function hostTable(phases: readonly PhaseDelay[]): string {
  const header = ['phase', 'takes, ms', 'event loop delay, ms: maximum', '99.9 %', '99 %'];
  const rows = phases.map(({ phase, elapsedMs, maxDelayMs, p999DelayMs, p99DelayMs }) => {
    return [phase, ...[elapsedMs, maxDelayMs, p999DelayMs, p99DelayMs].map(formatQuantity)];
  });
  return markdownTable(header, rows);
}
