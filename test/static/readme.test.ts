// A command or setting that the README does not name is one that nobody finds.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Manifest {
  readonly scripts: Record<string, string>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: { readonly commandPalette: readonly { readonly command: string; readonly when: string }[] };
    readonly configuration: Configuration | readonly Configuration[];
  };
}

interface Configuration {
  readonly properties: Record<string, { readonly default: unknown }>;
}

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const { scripts, contributes } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;

describe('README', () => {
  it('names every command of the palette', () => {
    const hidden = contributes.menus.commandPalette
      .filter(({ when }) => when === 'false')
      .map(({ command }) => command);
    const titles = contributes.commands.filter(({ command }) => !hidden.includes(command)).map(({ title }) => title);
    assert.deepEqual(
      titles.filter((title) => !new RegExp(`^\\|[^|]*\\b${title}\\b[^|]*\\|`, 'm').test(readme)),
      [],
    );
  });

  it('names every setting with its default', () => {
    const properties = Object.assign({}, ...[contributes.configuration].flat().map((section) => section.properties));
    const rows = Object.entries(properties as Configuration['properties']).map(([name, { default: value }]) => {
      return `| \`${name}\` | \`${typeof value === 'string' ? value : JSON.stringify(value)}\` |`;
    });
    assert.ok(rows.length > 0);
    assert.deepEqual(
      rows.filter((row) => !readme.includes(row)),
      [],
    );
  });

  it('names only scripts that exist', () => {
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => scripts[name] === undefined),
      [],
    );
  });
});
