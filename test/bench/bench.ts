/** `npm run bench [-- sync | scale | client]`: see BENCHMARKS.md. */

import os from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option, program } from 'commander';
import { measureClient } from './clientCommand.ts';
import { compare } from './compareCommand.ts';
import { ENGINE_NAMES } from './engines/loadEngine.ts';
import { measureHost } from './hostCommand.ts';
import { ensurePeerPackages } from './peerPackages.ts';
import { publish } from './publishCommand.ts';
import { measureScale } from './scaleCommand.ts';
import { compareSync } from './syncCommand.ts';
import { WORKLOAD_GROUPS } from './workloads/groups.ts';

const GROUP_NAMES = WORKLOAD_GROUPS.map(({ name }) => name);

program.name('npm run bench --').description('Measures Strata, its peers, and what the machine itself needs.');

withCommonOptions(program.command('compare', { isDefault: true }))
  .description('Strata beside its peers')
  .option('--keys <counts>', 'numbers of keys', counts, [1_000_000])
  .option('--values <bytes>', 'sizes of values, in bytes', counts, [100])
  .option('--cache <MiB>', 'memory for the caches of engines that have one', count, 256)
  .option('--engines <names>', ENGINE_NAMES.join(', '), oneOf(ENGINE_NAMES), ENGINE_NAMES)
  .option('--groups <names>', GROUP_NAMES.join(', '), oneOf(GROUP_NAMES), GROUP_NAMES)
  .option(
    '--patience <seconds>',
    'an engine that has taken longer begins no further round; the report says so',
    seconds,
  )
  .option('--resume', 'goes on with the rounds of an earlier run of this name, for all sizes that it has begun')
  .option('--workloads <names>', 'only these of the groups, by their names in the table, separated by ;', names)
  .action(compare);

withCommonOptions(program.command('sync'))
  .description('durability and write serialization against each other')
  .option('--keys <count>', 'keys that are there already', count, 100_000)
  .option('--value <bytes>', 'size of values, in bytes', count, 100)
  .action(compareSync);

withCommonOptions(program.command('scale'))
  .description("how Strata's costs grow, with a plot")
  .option('--keys <counts>', 'numbers of keys', counts, [100_000, 1_000_000, 10_000_000])
  .option('--value <bytes>', 'size of values, in bytes', count, 100)
  .action(measureScale);

withCommonOptions(program.command('client'))
  .description("what the way through the worker's client costs")
  .option('--keys <count>', 'number of keys', count, 1_000_000)
  .option('--value <bytes>', 'size of values, in bytes', count, 100)
  .action(measureClient);

withOutputOptions(program.command('host'))
  .description('event loop delay of the extension host of a real VS Code')
  .option('--keys <count>', 'number of keys', count, 10_000_000)
  .option('--value <bytes>', 'size of values, in bytes', count, 100)
  .action(measureHost);

program.command('publish').description('puts the results into BENCHMARKS.md').addOption(outputOption()).action(publish);

program.hook('preAction', () => ensurePeerPackages());
await program.parseAsync();

function withCommonOptions(command: Command): Command {
  return withOutputOptions(command)
    .addOption(new Option('--rounds <count>', 'how often everything is measured').argParser(count).default(5))
    .option('--seconds <seconds>', 'time for a workload that has no natural end', seconds, 3)
    .option('--warm-up <seconds>', 'a process that writes does so for this time before it is measured', seconds, 1)
    .option('--timeout <seconds>', 'a process that needs longer is ended', seconds, 1800);
}

function withOutputOptions(command: Command): Command {
  return command
    .option('--data <directory>', 'where the stores are written', os.tmpdir())
    .addOption(outputOption())
    .option('--name <name>', 'of the files of results; default: that of the command');
}

function outputOption(): Option {
  const option = new Option('--output <directory>', 'where the results are written');
  return option.default(path.join(import.meta.dirname, 'results'));
}

function count(text: string): number {
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('A whole number from 1 is needed.');
  return number;
}

function counts(text: string): number[] {
  return text.split(',').map(count);
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('A number above 0 is needed.');
  return number;
}

function names(text: string): string[] {
  return text.split(';').map((name) => name.trim());
}

function oneOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const wanted = text.split(',').map((name) => name.trim());
    const unknown = wanted.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new InvalidArgumentError(`There is no ${unknown.join(', ')}.`);
    return wanted;
  };
}
