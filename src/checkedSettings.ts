/** Settings of the types that `package.json` declares: a settings file can hold anything in their place. */

import * as vscode from 'vscode';

interface SettingType<T> {
  includes(value: unknown): value is T;
  /** What a value is that is not of this type, behind `which is`. */
  readonly opposite: string;
}

export const TEXT: SettingType<string> = { includes: (value) => typeof value === 'string', opposite: 'no text' };
export const NUMBER: SettingType<number> = { includes: (value) => typeof value === 'number', opposite: 'no number' };
export const SWITCH: SettingType<boolean> = {
  includes: (value) => typeof value === 'boolean',
  opposite: 'neither true nor false',
};

export function oneOf<T extends string>(...values: readonly T[]): SettingType<T> {
  return {
    includes: (value): value is T => values.some((each) => each === value),
    opposite: `none of ${values.join(', ')}`,
  };
}

const told = new Set<string>();
let warn: (message: string) => void = () => {};

/** Whom to tell, once each, of a value of the wrong type, in a sentence. */
export function onWrongSetting(listener: (message: string) => void): void {
  warn = listener;
}

/** The setting, or its default where the value is of another type. `name` goes without `strata.`. */
export function readSetting<T>(name: string, type: SettingType<T>): T {
  const settings = vscode.workspace.getConfiguration('strata');
  const value: unknown = settings.get(name);
  if (type.includes(value)) return value;
  const fallback = settings.inspect<T>(name)?.defaultValue as T;
  warnOnce(`${described(name, 'is', value, type)}. ${JSON.stringify(fallback)} is used.`);
  return fallback;
}

/** The texts in a list as it holds for `scope`. A single text is taken for a list of it. */
export function readTextList(name: string, scope: vscode.WorkspaceFolder | undefined): readonly string[] {
  const settings = vscode.workspace.getConfiguration('strata', scope);
  const value: unknown = settings.get(name);
  if (TEXT.includes(value)) {
    warnOnce(`${described(name, 'is', value, LIST)}. It is taken for a list of one.`);
    return [value];
  }
  if (!LIST.includes(value)) {
    warnOnce(`${described(name, 'is', value, LIST)}. It is taken for an empty one.`);
    return [];
  }
  return value.filter((each): each is string => {
    if (TEXT.includes(each)) return true;
    warnOnce(`${described(name, 'holds', each, TEXT)}. It is left out.`);
    return false;
  });
}

const LIST: SettingType<unknown[]> = { includes: Array.isArray, opposite: 'no list' };

function described(name: string, verb: 'is' | 'holds', value: unknown, type: SettingType<unknown>): string {
  return `The setting strata.${name} ${verb} ${JSON.stringify(value)}, which is ${type.opposite}`;
}

function warnOnce(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  warn(message);
}
