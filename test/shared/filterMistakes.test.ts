import assert from 'node:assert/strict';
import { parseFilter } from '../../src/shared/inspectorFilter.ts';

const OPERATIONS = ['put', 'del', 'batch'];

function messageFor(line: string, operations?: readonly string[]): string {
  const parsed = parseFilter(line, operations);
  assert.ok(!parsed.ok, line);
  return parsed.message;
}

describe('a filter that could keep no row', () => {
  for (const line of ['op:nonsense', 'op:put,nonsense', 'op:PUT', 'op:"put del"']) {
    it(`is told the operations that there are: ${line}`, () => {
      assert.equal(messageFor(line, OPERATIONS), 'op: knows put, del, batch, damage.');
    });
  }

  it('may ask for operations of the format, damage and headers', () => {
    for (const line of ['op:put', 'op:del,batch', 'op:damage', 'op:put,damage', 'op:header', 'op:put,']) {
      assert.ok(parseFilter(line, OPERATIONS).ok, line);
    }
  });

  it('may ask for any operation while those of the format are not known', () => {
    const parsed = parseFilter('op:nonsense');
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.filter?.operations, ['nonsense']);
  });

  for (const line of ['seq:9..5', 'size:100..90', 'size:1k..1000', 'time:2026-11-23..2026-11-22']) {
    it(`is told that its range ends before it begins: ${line}`, () => {
      assert.equal(messageFor(line), `"${line.slice(line.indexOf(':') + 1)}" ends before it begins.`);
    });
  }

  it('may have a range of one value', () => {
    for (const line of ['seq:5..5', 'size:1k..1024']) assert.ok(parseFilter(line).ok, line);
  });

  it('looks for the text of a word that is none of its own', () => {
    const parsed = parseFilter('foo:bar', OPERATIONS);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.filter?.texts, [{ kind: 'contains', pattern: 'foo:bar', where: 'any' }]);
  });
});
