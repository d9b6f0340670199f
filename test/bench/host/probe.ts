/**
 * Runs in VS Code's extension host: does with a large store what people do, and watches how long the event loop was
 * held up meanwhile. `STRATA_BENCH_STORE` names the store's directory.
 */

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { CommandContext } from '../../../src/commands/commandContext.ts';
import type { KeysTreeNode } from '../../../src/explorer/treeNode.ts';
import { PHASE_MARK, type PhaseDelay } from './phaseDelay.ts';
import { ProcessStarts } from './processStarts.ts';
import { stolenMs } from './stolenTime.ts';
import { WorkDelay } from './workDelay.ts';

const IDLE_MS = 20_000;
/** Before and after each phase. */
const WATCH_MS = 50;
const COMPUTED_BYTES = 2 ** 20;
/** Folders that are opened, two levels of them, and pages that are loaded of what is below. */
const FOLDER_COUNT = 20;
const PAGE_COUNT = 5;

/** Called by VS Code in place of a test suite. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension<CommandContext>('strata.strata');
  if (extension === undefined) throw new Error('The extension is not installed.');
  const directory = vscode.Uri.file(process.env['STRATA_BENCH_STORE'] as string);
  await measure('idle', () => pause(IDLE_MS));
  await measure('idle, another thread computes', besideComputing);
  await measure('activate', () => extension.activate());
  const context = extension.exports;
  await measure('open', () => vscode.commands.executeCommand('strata.openStore', directory));
  const entry = context.registry.find(directory.toString());
  if (entry?.store === undefined) throw new Error('The store is not open.');
  await measure('browse', () => browse(context));
  const store = { store: entry.id };
  await measure('verify', () => vscode.commands.executeCommand('strata.verify', store));
  await measure('replay', () => vscode.commands.executeCommand('strata.replay', store));
  await measure('compact', () => vscode.commands.executeCommand('strata.compact', store));
  await measure('close', () => context.registry.close(entry));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What any thread that has work costs the event loop on this machine, whatever the work is. */
async function besideComputing(): Promise<void> {
  const thread = new Worker(
    `const bytes = Buffer.alloc(${COMPUTED_BYTES}); for (;;) require('node:zlib').crc32(bytes);`,
    {
      eval: true,
    },
  );
  await pause(IDLE_MS);
  await thread.terminate();
}

/** Opens folders as deep as they go, and loads pages. */
async function browse({ keysTree }: CommandContext): Promise<void> {
  const roots = await keysTree.getChildren();
  for (const root of roots.slice(0, FOLDER_COUNT)) {
    const folders = await keysTree.getChildren(root);
    const folder = folders[0];
    if (folder === undefined) continue;
    await showChildren(keysTree, folder);
  }
}

async function showChildren(keysTree: CommandContext['keysTree'], folder: KeysTreeNode): Promise<void> {
  for (let page = 0; page < PAGE_COUNT; page++) {
    const children = await keysTree.getChildren(folder);
    for (const child of children) keysTree.getTreeItem(child);
    const more = children.at(-1);
    if (more?.kind !== 'more') return;
    await vscode.commands.executeCommand('strata.loadMore', more);
  }
}

async function measure(phase: string, work: () => PromiseLike<unknown>): Promise<void> {
  const delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const workDelay = new WorkDelay();
  const starts = new ProcessStarts();
  const stolenBeforeMs = stolenMs();
  // What holds the loop up before its first turn would not count.
  await pause(WATCH_MS);
  const startMs = performance.now();
  await work();
  const elapsedMs = performance.now() - startMs;
  // A stall is noticed when the loop runs again.
  await pause(WATCH_MS);
  delay.disable();
  const longestWork = workDelay.stop();
  const stolenAfterMs = stolenMs();
  const milliseconds = (nanoseconds: number) => nanoseconds / 1e6;
  const figures: PhaseDelay = {
    phase,
    startMs: performance.timeOrigin + startMs,
    elapsedMs,
    maxDelayMs: milliseconds(delay.max),
    p999DelayMs: milliseconds(delay.percentile(99.9)),
    p99DelayMs: milliseconds(delay.percentile(99)),
    ...longestWork,
    ...starts.stop(),
    ...(stolenBeforeMs === undefined || stolenAfterMs === undefined
      ? {}
      : { stolenMs: stolenAfterMs - stolenBeforeMs }),
    residentBytes: process.memoryUsage.rss(),
  };
  console.log(PHASE_MARK + JSON.stringify(figures));
}
