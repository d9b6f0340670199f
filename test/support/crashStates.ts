/**
 * The states that a crash may leave of a simulated disk: each file cut anywhere after its synced part, its unsynced
 * sectors lost, zeroed, old or filled with another file's bytes, its size there without its data, and directory
 * entries whose creation, removal or renaming was not synced there or not, in any combination.
 */

import { SEGMENT_EXTENSION } from '../../src/format/fileName.ts';
import type { SeededRandom } from './seededRandom.ts';
import {
  applyDirectoryChange,
  type DirectoryChange,
  type DiskImage,
  type FrozenDirectory,
  type FrozenDisk,
} from './simulatedDisk.ts';
import { applyChanges, type FileChange, type FrozenInode, type SimulatedInode } from './simulatedInode.ts';

const SECTOR_SIZE = 512;
/** With more changes of one directory, or more unsynced sectors, not every combination is tried. */
const MAX_COMBINED = 4;
/** Segments are cut at every byte. Other files are read whole or not at all: they are cut in so many places. */
const COARSE_CUTS = 5;

export interface CrashState {
  readonly image: DiskImage;
  readonly description: string;
}

interface Variant<T> {
  readonly description: string;
  make(): T;
}

type Entries = ReadonlyMap<string, SimulatedInode>;

/** Every state, exhaustively as far as the numbers allow: one file varies while the others keep all or nothing. */
export function* everyCrash(disk: FrozenDisk): Generator<CrashState> {
  for (const chosen of everyCombinationOfEntries(disk)) {
    const dirty = dirtyInodes(disk, chosen.entries);
    for (const others of dirty.length > 1 ? (['all', 'none'] as const) : (['all'] as const)) {
      yield stateOf(disk, chosen, new Map(dirty.map((inode) => [inode, plainVariant(frozen(disk, inode), others)])));
    }
    for (const varied of dirty) {
      const foreign = foreignBytes(disk, varied);
      const cutsEveryByte = isSegment(chosen.entries, varied);
      for (const variant of everyContent(frozen(disk, varied), foreign, cutsEveryByte)) {
        for (const others of dirty.length > 1 ? (['all', 'none'] as const) : (['all'] as const)) {
          const contents = new Map(dirty.map((inode) => [inode, plainVariant(frozen(disk, inode), others)]));
          yield stateOf(disk, chosen, contents.set(varied, variant));
        }
      }
    }
  }
}

/** One state, everything in it chosen at random. */
export function randomCrash(disk: FrozenDisk, random: SeededRandom): CrashState {
  const variants = disk.directories.map((directory) => randomEntries(directory, random));
  const chosen: ChosenEntries = {
    entries: new Map(disk.directories.map(({ path }, i) => [path, (variants[i] as Variant<Entries>).make()])),
    description: variants.map(({ description }) => description).join(''),
  };
  const contents = new Map(
    dirtyInodes(disk, chosen.entries).map((inode) => [
      inode,
      randomContent(frozen(disk, inode), foreignBytes(disk, inode), random),
    ]),
  );
  return stateOf(disk, chosen, contents);
}

/** The state in which nothing arrived that was not synced. */
export function hardestCrash(disk: FrozenDisk): CrashState {
  const entries = new Map(disk.directories.map(({ path, durable }) => [path, durable]));
  const contents = new Map(
    dirtyInodes(disk, entries).map((inode) => [inode, plainVariant(frozen(disk, inode), 'none')]),
  );
  return stateOf(disk, { entries, description: 'nothing unsynced arrived; ' }, contents);
}

interface ChosenEntries {
  readonly entries: ReadonlyMap<string, Entries>;
  readonly description: string;
}

function frozen(disk: FrozenDisk, inode: SimulatedInode): FrozenInode {
  const found = disk.inodes.get(inode);
  if (found === undefined) throw new Error('an entry names a file that was not frozen');
  return found;
}

function stateOf(
  disk: FrozenDisk,
  chosen: ChosenEntries,
  contents: ReadonlyMap<SimulatedInode, Variant<Uint8Array>>,
): CrashState {
  const names: string[] = [];
  const image = new Map<string, Map<string, Uint8Array>>();
  for (const [path, entries] of chosen.entries) {
    const files = new Map<string, Uint8Array>();
    for (const [name, inode] of entries) {
      const variant = contents.get(inode);
      files.set(name, variant === undefined ? frozen(disk, inode).durable : variant.make());
      if (variant !== undefined) names.push(`${name}: ${variant.description}`);
    }
    image.set(path, files);
  }
  return { image, description: `${chosen.description}${names.join('; ')}` };
}

function isSegment(entries: ReadonlyMap<string, Entries>, inode: SimulatedInode): boolean {
  for (const files of entries.values()) {
    for (const [name, candidate] of files) if (candidate === inode) return name.endsWith(SEGMENT_EXTENSION);
  }
  return false;
}

function dirtyInodes(disk: FrozenDisk, entries: ReadonlyMap<string, Entries>): SimulatedInode[] {
  const reachable = new Set<SimulatedInode>();
  for (const files of entries.values()) for (const inode of files.values()) reachable.add(inode);
  return [...reachable].filter((inode) => frozen(disk, inode).changes.length > 0);
}

/** Bytes of the largest other file, which may have stood in sectors that this one got. */
function foreignBytes(disk: FrozenDisk, own: SimulatedInode): Uint8Array {
  let largest = new Uint8Array(0);
  for (const [inode, { durable }] of disk.inodes) {
    if (inode !== own && durable.length > largest.length) largest = durable.slice();
  }
  return largest;
}

// Directory entries

function* everyCombinationOfEntries(disk: FrozenDisk): Generator<ChosenEntries> {
  const perDirectory = disk.directories.map((directory) => everyEntries(directory));
  const counts = perDirectory.map((variants) => variants.length);
  const total = counts.reduce((product, count) => product * count, 1);
  for (let number = 0; number < total; number++) {
    const entries = new Map<string, Entries>();
    let rest = number;
    let description = '';
    disk.directories.forEach(({ path }, i) => {
      const variant = (perDirectory[i] as Variant<Entries>[])[rest % (counts[i] as number)] as Variant<Entries>;
      rest = Math.floor(rest / (counts[i] as number));
      entries.set(path, variant.make());
      description += variant.description;
    });
    yield { entries, description };
  }
}

function everyEntries(directory: FrozenDirectory): Variant<Entries>[] {
  const { changes } = directory;
  const subsets: DirectoryChange[][] = [];
  if (changes.length <= MAX_COMBINED) {
    for (let mask = 0; mask < 2 ** changes.length; mask++) subsets.push(changes.filter((_, i) => (mask >> i) & 1));
  } else {
    for (let end = 0; end <= changes.length; end++) subsets.push(changes.slice(0, end));
    for (const lost of changes) subsets.push(changes.filter((change) => change !== lost));
  }
  return subsets.map((subset) => entriesWith(directory, subset));
}

function randomEntries(directory: FrozenDirectory, random: SeededRandom): Variant<Entries> {
  const { changes } = directory;
  const chosen = random.pick([
    () => changes,
    () => changes.slice(0, random.below(changes.length + 1)),
    () => random.subset(changes),
  ])();
  return entriesWith(directory, chosen);
}

function entriesWith(directory: FrozenDirectory, arrived: readonly DirectoryChange[]): Variant<Entries> {
  const lost = directory.changes.filter((change) => !arrived.includes(change));
  const description = lost.map((change) => `lost ${describeChange(change)}; `).join('');
  return {
    description,
    make: () => {
      const entries = new Map(directory.durable);
      for (const change of arrived) applyDirectoryChange(entries, change);
      return entries;
    },
  };
}

function describeChange(change: DirectoryChange): string {
  if (change.kind === 'rename') return `the renaming of ${change.from} to ${change.to}`;
  return `the ${change.kind === 'set' ? 'entry' : 'removal of'} ${change.name}`;
}

// File contents

function plainVariant(inode: FrozenInode, arrived: 'all' | 'none'): Variant<Uint8Array> {
  return {
    description: `${arrived} of the unsynced bytes`,
    make: () => (arrived === 'all' ? applyChanges(inode.durable, inode.changes) : inode.durable),
  };
}

function* everyContent(
  inode: FrozenInode,
  foreign: Uint8Array,
  cutsEveryByte: boolean,
): Generator<Variant<Uint8Array>> {
  for (let index = 0; index < inode.changes.length; index++) {
    const change = inode.changes[index] as FileChange;
    const length = change.kind === 'write' ? change.bytes.length : 1;
    const step = cutsEveryByte ? 1 : Math.ceil(length / COARSE_CUTS);
    for (let count = 0; count < length; count += step) {
      yield cutVariant(inode, index, count);
      if (change.kind === 'write' && count % (step * 5) === 0) yield zeroTailVariant(inode, index, count);
    }
  }
  const sectors = dirtySectors(inode);
  const combinations = Math.min(2 ** sectors.length, 2 ** MAX_COMBINED);
  for (let mask = 1; mask < combinations; mask++) {
    const lost = sectors.filter((_, i) => (mask >> Math.min(i, MAX_COMBINED - 1)) & 1);
    for (const fill of ['old', 'foreign'] as const) {
      yield sectorVariant(inode, new Map(lost.map((sector) => [sector, fill])), foreign);
    }
  }
}

function randomContent(inode: FrozenInode, foreign: Uint8Array, random: SeededRandom): Variant<Uint8Array> {
  const index = random.below(inode.changes.length);
  const change = inode.changes[index] as FileChange;
  const count = random.below(change.kind === 'write' ? change.bytes.length : 1);
  return random.pick([
    () => plainVariant(inode, 'all'),
    () => plainVariant(inode, 'none'),
    () => cutVariant(inode, index, count),
    () => zeroTailVariant(inode, index, count),
    () => {
      const lost = random.subset(dirtySectors(inode));
      return sectorVariant(
        inode,
        new Map(lost.map((sector) => [sector, random.pick(['old', 'foreign'] as const)])),
        foreign,
      );
    },
  ])();
}

/** The changes before `index` arrived, and `count` bytes of that one. */
function cutVariant(inode: FrozenInode, index: number, count: number): Variant<Uint8Array> {
  return {
    description: `${index} of ${inode.changes.length} unsynced changes and ${count} bytes`,
    make: () => {
      const change = inode.changes[index] as FileChange;
      const arrived = inode.changes.slice(0, index);
      if (change.kind === 'write' && count > 0) arrived.push({ ...change, bytes: change.bytes.subarray(0, count) });
      return applyChanges(inode.durable, arrived);
    },
  };
}

/** The same, but the file has its full size: what did not arrive is zeros. */
function zeroTailVariant(inode: FrozenInode, index: number, count: number): Variant<Uint8Array> {
  const cut = cutVariant(inode, index, count);
  return {
    description: `${cut.description}, then zeros`,
    make: () => {
      const bytes = cut.make();
      const full = new Uint8Array(Math.max(bytes.length, applyChanges(inode.durable, inode.changes).length));
      full.set(bytes);
      return full;
    },
  };
}

/** `old`: the bytes of the last sync, or zeros where the file was shorter then. */
type Fill = 'old' | 'foreign';

/** The file has its full size, but these sectors were not written. Bytes that were synced before stay. */
function sectorVariant(inode: FrozenInode, lost: ReadonlyMap<number, Fill>, foreign: Uint8Array): Variant<Uint8Array> {
  const { durable } = inode;
  return {
    description: [...lost].map(([sector, fill]) => `sector ${sector} ${fill}`).join(', '),
    make: () => {
      const bytes = applyChanges(durable, inode.changes);
      for (const [sector, fill] of lost) {
        const end = Math.min((sector + 1) * SECTOR_SIZE, bytes.length);
        for (let at = sector * SECTOR_SIZE; at < end; at++) {
          const unwritten = fill === 'foreign' ? (foreign[at] ?? 0) : 0;
          bytes[at] = durable[at] ?? unwritten;
        }
      }
      return bytes;
    },
  };
}

function dirtySectors(inode: FrozenInode): number[] {
  const sectors = new Set<number>();
  for (const change of inode.changes) {
    if (change.kind !== 'write') continue;
    const last = Math.floor((change.position + change.bytes.length - 1) / SECTOR_SIZE);
    for (let sector = Math.floor(change.position / SECTOR_SIZE); sector <= last; sector++) sectors.add(sector);
  }
  return [...sectors].sort((a, b) => a - b);
}
