import assert from 'node:assert/strict';
import { FormatModules } from '../../src/inspector/formatModules.ts';

describe('the modules with the log formats of other extensions', () => {
  it('stay until every registration of theirs has ended, each of which ends once', () => {
    const modules = new FormatModules(() => {});
    const endFirst = modules.register('/a.cjs');
    const endOther = modules.register('/b.cjs');
    const endSecond = modules.register('/a.cjs');
    assert.deepEqual(modules.paths, ['/a.cjs', '/b.cjs']);
    endFirst();
    endFirst();
    assert.deepEqual(modules.paths, ['/b.cjs', '/a.cjs']);
    endSecond();
    assert.deepEqual(modules.paths, ['/b.cjs']);
    endOther();
    assert.deepEqual(modules.paths, []);
  });

  it('have each of their problems told once, however many files meet it', () => {
    const told: string[] = [];
    const modules = new FormatModules((message) => told.push(message));
    for (const message of ['one', 'other', 'one']) modules.report(message);
    assert.deepEqual(told, ['one', 'other']);
  });
});
