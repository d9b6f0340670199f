import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { PEER_PACKAGES } from '../engines/loadEngine.ts';
import { installedVersion } from '../peerPackages.ts';

/** What figures depend on, and without which they say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly strata: string;
  readonly peers: Readonly<Record<string, string>>;
  /** Of the last minute, when the run began: above 0.5 the figures are those of a machine with other work. */
  readonly loadAverage: number;
  readonly startedAt: string;
  readonly command: string;
}

export function describeMachine(): Machine {
  const peers = Object.entries(PEER_PACKAGES).map(([name, packageName]) => [name, installedVersion(packageName) ?? '']);
  const args = process.argv.slice(2);
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    strata: commit(),
    peers: Object.fromEntries(peers) as Record<string, string>,
    loadAverage: os.loadavg()[0] as number,
    startedAt: new Date().toISOString(),
    command: ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
  };
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim();
  } catch {
    return 'unknown';
  }
}

export function machineLines(machine: Machine): string[] {
  const peers = Object.entries(machine.peers).map(([name, version]) => `${name} ${version}`);
  const load = machine.loadAverage.toFixed(1);
  return [
    `- Command: \`${machine.command}\``,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load average at the start ${load}`,
    `- Versions: Node ${machine.node}, Strata ${machine.strata}, ${peers.join(', ')}`,
    `- Started: ${machine.startedAt}`,
  ];
}
