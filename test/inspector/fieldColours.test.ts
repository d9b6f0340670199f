import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { openWhole, probe } from './inspectionProbe.ts';

const FIXTURES = new URL('../fixtures/v1/', import.meta.url);

describe('the colours of fields', () => {
  for (const directory of ['compacted', 'incomplete-batch', 'without-caches']) {
    for (const fileName of readdirSync(new URL(`${directory}/`, FIXTURES)).sort()) {
      it(`tell neighbours apart and are the same in every record of ${directory}/${fileName}`, async () => {
        const subject = probe(readFileSync(new URL(`${directory}/${fileName}`, FIXTURES)), { fileName });
        const { rowCount } = await openWhole(subject);
        const { rows } = await subject.inspection.rows({ view: 0, first: 0, count: rowCount });
        const colours = new Map<string, number>();
        for (const row of rows) {
          const fields = (await subject.inspection.detail(row))?.fields ?? [];
          for (const [index, { name, colourGroup }] of fields.entries()) {
            assert.ok(colourGroup >= 0 && colourGroup <= 9, name);
            assert.notEqual(colourGroup, fields[index - 1]?.colourGroup, `${fields[index - 1]?.name} and ${name}`);
            assert.equal(colours.get(name) ?? colourGroup, colourGroup, name);
            colours.set(name, colourGroup);
          }
        }
        assert.ok(colours.size > 0);
      });
    }
  }
});
