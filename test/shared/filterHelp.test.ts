import assert from 'node:assert/strict';
import { filterHelp, parseFilter } from '../../src/shared/inspectorFilter.ts';

describe('the help on filters', () => {
  const examplesFor = (operations: readonly string[]) => filterHelp(operations).map(([example]) => example);

  it('takes its examples of operations from the format', () => {
    assert.ok(examplesFor(['set', 'unset', 'other']).includes('op:set  op:set,unset'));
    assert.ok(examplesFor(['entry']).includes('op:entry'));
    assert.deepEqual(
      examplesFor([]).filter((example) => example.includes('op:')),
      [],
    );
  });

  it('says what a capital letter does, and how bytes are written', () => {
    const help = new Map(filterHelp([]));
    assert.match(help.get('zurich  Zurich') ?? '', /capital letter makes it case-sensitive/);
    assert.match(help.get('key:zur  key:/re/  prefix:CH/') ?? '', /starts with \(always case-sensitive\)/);
    assert.ok([...help.values()].some((meaning) => meaning.includes('\\xNN is a byte')));
  });

  it('shows lines that are filters', () => {
    for (const example of examplesFor(['set', 'unset'])) {
      for (const line of example.split('  ')) assert.ok(parseFilter(line).ok, line);
    }
  });
});
