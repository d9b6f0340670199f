import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = path.join(ROOT, 'BENCHMARKS.md');
/** What the page shows, kept with it: pictures and the figures of every round. */
const PUBLISHED = path.join(import.meta.dirname, 'published');

/** Puts the results of the last runs into BENCHMARKS.md, each between the marks that name it. */
export function publish({ output }: { readonly output: string }): void {
  mkdirSync(PUBLISHED, { recursive: true });
  const published = new Set<string>();
  const page = readFileSync(PAGE, 'utf8').replace(
    /(<!-- results: (\S+) -->\n)[\s\S]*?(<!-- end of results -->)/g,
    (whole, start: string, name: string, end: string) => {
      const file = path.join(output, `${name}.md`);
      if (!existsSync(file)) return whole;
      published.add(name);
      return `${start}\n${readFileSync(file, 'utf8').trim()}\n\n${end}`;
    },
  );
  writeFileSync(PAGE, page);
  for (const name of published) {
    for (const file of globSync(`${name}.{json,svg}`, { cwd: output })) {
      copyFileSync(path.join(output, file), path.join(PUBLISHED, file));
    }
  }
  console.log(`Published in BENCHMARKS.md: ${[...published].join(', ') || 'nothing'}`);
}
