// Memory of the extension host of a running VS Code server. Reads /proc, so it works on Linux alone.
import { readdirSync, readFileSync } from 'node:fs';

/** Resident bytes of the extension hosts below a process, their worker threads included. */
export function extensionHostBytes(serverProcessId: number): number {
  const hosts = descendantsOf(serverProcessId).filter((id) => commandLine(id).includes('--type=extensionHost'));
  if (hosts.length === 0) throw new Error(`The server with process id ${serverProcessId} has no extension host.`);
  return hosts.reduce((sum, id) => sum + residentBytes(id), 0);
}

function descendantsOf(processId: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\s*(\d+)/m.exec(read(`/proc/${name}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (id: number | undefined): boolean =>
    id !== undefined && (id === processId || isBelow(parents.get(id)));
  return [...parents.keys()].filter((id) => id !== processId && isBelow(id));
}

function commandLine(processId: number): string {
  return read(`/proc/${processId}/cmdline`).replaceAll('\0', ' ');
}

function residentBytes(processId: number): number {
  return 1024 * Number(/^VmRSS:\s*(\d+) kB/m.exec(read(`/proc/${processId}/status`))?.[1] ?? 0);
}

/** Empty when the process has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
