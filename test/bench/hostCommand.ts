import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { openChromiumPage } from '../support/chromiumPage.ts';
import { startVscodeHost } from '../support/vscodeHost.ts';
import { IdleNeighbour, longestDelayMs } from './host/idleNeighbour.ts';
import { writeLargeStore } from './host/largeStore.ts';
import { type MeasuredPhase, PHASE_MARK, type PhaseDelay } from './host/phaseDelay.ts';
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

type Settings = Readonly<Record<string, unknown>>;

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROBE = path.join(ROOT, 'out/bench/probe.cjs');

/**
 * VS Code's own search for ports to forward, which a remote window on Linux has by default and a local one has not,
 * starts two processes on the extension host's thread again and again. Without forwarding it goes on where the server
 * offers tunnels of its own, as this one does; only another source of ports ends it.
 */
const WITHOUT_PORT_SEARCH = { 'remote.autoForwardPorts': false, 'remote.autoForwardPortsSource': 'output' };
const WITH_PORT_SEARCH = { 'remote.autoForwardPorts': true, 'remote.autoForwardPortsSource': 'process' };

/** The event loop delay of a real extension host while it works with a large store. */
export async function measureHost(options: HostOptions): Promise<void> {
  const { keys, value, output, name = 'host' } = options;
  const machine = describeMachine();
  await buildExtensionAndProbe();
  const phases = await measurePhases(options, WITHOUT_PORT_SEARCH);
  const phasesSearchingPorts = await measurePhases(options, WITH_PORT_SEARCH);
  const markdown = [
    ...machineLines(machine),
    `- Store of ${keys.toLocaleString('en-US')} keys of 16 bytes, values of ${value} bytes; VS Code server, browser and store share the machine`,
    '',
    "Without VS Code's search for ports to forward:",
    '',
    hostTable(phases),
    '',
    'With it:',
    '',
    hostTable(phasesSearchingPorts),
  ].join('\n');
  writeReport(output, name, markdown, { machine, results: [], phases, phasesSearchingPorts });
}

/** On a store of its own: its last phases change it. */
async function measurePhases({ keys, value, data }: HostOptions, settings: Settings): Promise<MeasuredPhase[]> {
  const workspace = await mkdtemp(path.join(data, 'strata-bench-'));
  try {
    const store = path.join(workspace, 'large');
    console.error(`Writing a store of ${keys.toLocaleString('en-US')} keys ...`);
    await writeLargeStore(store, keys, value);
    return await runProbe(workspace, store, settings);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function buildExtensionAndProbe(): Promise<void> {
  const { status } = spawnSync(process.execPath, ['esbuild.js', '--production'], { cwd: ROOT, stdio: 'inherit' });
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
async function runProbe(workspace: string, store: string, settings: Settings): Promise<MeasuredPhase[]> {
  await using host = await startVscodeHost({
    extension: { developmentDirectory: ROOT },
    workspace,
    settings,
    testsModule: PROBE,
    environment: { STRATA_BENCH_STORE: store },
  });
  await using browser = await openChromiumPage();
  using neighbour = new IdleNeighbour();
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
  const delays = await neighbour.takeDelays();
  return phases.map((phase) => {
    const neighbourDelayMs = longestDelayMs(delays, phase.startMs, phase.startMs + phase.elapsedMs);
    return { ...phase, neighbourDelayMs };
  });
}

function hostTable(phases: readonly MeasuredPhase[]): string {
  const header = [
    'phase',
    'takes, ms',
    'event loop delay, ms: maximum',
    '99.9 %',
    '99 %',
    'maximum without waiting for a processor',
    'longest time that the thread computed',
    'maximum of a process without work',
    'stolen, ms',
    'processes started',
    'longest start, ms',
    'memory, MiB',
  ];
  const rows = phases.map((phase) => {
    const { elapsedMs, maxDelayMs, p999DelayMs, p99DelayMs, maxWorkDelayMs, maxComputingMs } = phase;
    const { neighbourDelayMs, stolenMs, startedProcesses, longestStartMs, residentBytes } = phase;
    const delays = [maxDelayMs, p999DelayMs, p99DelayMs, maxWorkDelayMs, maxComputingMs, neighbourDelayMs];
    const figures = [elapsedMs, ...delays, stolenMs, startedProcesses, longestStartMs, residentBytes / 2 ** 20];
    return [phase.phase, ...figures.map((figure) => (figure === undefined ? '—' : formatQuantity(figure)))];
  });
  return markdownTable(header, rows);
}
