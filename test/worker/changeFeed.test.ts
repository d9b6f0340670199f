import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ChangeFeed } from '../../src/worker/changeFeed.ts';

describe('change feed', () => {
  let told: string[];
  let feed: ChangeFeed;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    told = [];
    feed = new ChangeFeed((kinds) => told.push(kinds.join('+')));
  });

  afterEach(() => {
    feed.stop();
    mock.timers.reset();
  });

  it('tells of the first change at once', () => {
    feed.add('data');
    assert.deepEqual(told, ['data']);
  });

  it('gathers the changes that follow, each kind once', () => {
    feed.add('data');
    for (let i = 0; i < 1000; i++) feed.add('data');
    feed.add('segments');
    assert.deepEqual(told, ['data']);
    mock.timers.tick(50);
    assert.deepEqual(told, ['data', 'data+segments']);
    mock.timers.tick(50);
    assert.deepEqual(told, ['data', 'data+segments'], 'a pause is not told of');
    feed.add('data');
    assert.deepEqual(told, ['data', 'data+segments', 'data'], 'after a pause, at once again');
  });

  it('says nothing more when it is stopped', () => {
    feed.add('data');
    feed.add('data');
    feed.stop();
    mock.timers.tick(1000);
    assert.deepEqual(told, ['data']);
  });
});
