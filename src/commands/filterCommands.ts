import { keyFilterProblem } from '../explorer/keyFilterText.ts';
import { askForText } from '../messages.ts';
import type { CommandContext } from './commandContext.ts';
import { chooseStore } from './storeTarget.ts';

/** Asks which keys of a store to show; given a text, asks for nothing. */
export async function filterKeys(context: CommandContext, target: unknown, text: unknown): Promise<void> {
  const chosen = await chooseStore(context, 'Filter Keys', target);
  if (chosen === undefined) return;
  const { entry } = chosen;
  const typed = typeof text === 'string' ? text : await askForFilter(entry.name, context.filters.text(entry.id));
  if (typed === undefined) return;
  const problem = await keyFilterProblem(typed);
  if (problem !== undefined) throw new Error(problem);
  await context.filters.set(entry.id, typed);
}

/** Shows all keys again, of every open store. */
export async function clearFilter({ registry, filters }: CommandContext): Promise<void> {
  for (const entry of registry.openEntries) {
    if (filters.text(entry.id) !== '') await filters.set(entry.id, '');
  }
}

async function askForFilter(name: string, current: string): Promise<string | undefined> {
  return askForText({
    title: `Filter Keys (${name})`,
    prompt:
      'A part of the key, a pattern for all of it such as CH/*/Z*, or /a regular expression/. Empty for all keys.',
    placeHolder: 'CH/ZH',
    value: current,
    ignoreFocusOut: true,
    validateInput: keyFilterProblem,
  });
}
