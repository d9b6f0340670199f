import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { openWhole, probe } from './inspectionProbe.ts';

const FIXTURES = new URL('../fixtures/v1/', import.meta.url);

describe('the colours of fields', () => {
  for (const directory of ['compacted', 'incomplete-batch', 'without-caches']) {
    for (const fileName of readdirSync(new URL(`${directory}/`, FIXTURES)).sort()) {
      it(`tell the fields of a row apart and are the same in every row of ${directory}/${fileName}`, async () => {
        const subject = probe(readFileSync(new URL(`${directory}/${fileName}`, FIXTURES)), { fileName });
        const { rowCount } = await openWhole(subject);
        const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: rowCount });
        const colours = new Map<string, number>();
        for (const row of rows) {
          const fields = (await subject.inspection.detail(row))?.fields ?? [];
          for (const [index, { name, colourGroup }] of fields.entries()) {
            assert.ok(colourGroup >= 0 && colourGroup <= 10, name);
            // The elements of an array are many: there each has another colour than its neighbours.
            const others = /^\[\d+\]$/.test(name)
              ? fields.slice(Math.max(0, index - 7), index)
              : fields.slice(0, index);
            const alike = others.filter((other) => other.colourGroup === colourGroup);
            assert.deepEqual(
              alike.map((other) => other.name),
              [],
              `${name} has the colour of others`,
            );
            assert.equal(colours.get(name) ?? colourGroup, colourGroup, name);
            colours.set(name, colourGroup);
          }
        }
        assert.ok(colours.size > 0);
      });
    }
  }
});
