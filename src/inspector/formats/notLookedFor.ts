import type { CrossCheck } from '../../shared/inspectorMessages.ts';

/** The outcome of a check that needs other files, where none beside can be reached. `what`: `The hint file was`. */
export function notLookedFor(label: string, what: string): CrossCheck {
  const why = `${what} not looked for: files beside this one cannot be reached in this file system.`;
  return { label, outcome: 'unchecked', summary: 'not checked', problems: [why] };
}
