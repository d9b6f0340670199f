// VS Code as a person sees it: palette, quick input, trees, editors, webviews. Every wait is for something visible.
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { type ChromiumPage, openChromiumPage } from '../support/chromiumPage.ts';
import { startVscodeHost, type VscodeHost, type VscodeHostOptions } from '../support/vscodeHost.ts';
import { eventually } from './eventually.ts';
import { extensionUnderTest } from './extensionUnderTest.ts';
import { themeKeys } from './testExtensions.ts';

/** Names of themes that come with VS Code, as the theme picker shows them. */
export type ThemeName = 'Dark Modern' | 'Light Modern' | 'Dark High Contrast' | 'Light High Contrast';

/** A menu takes a click that comes sooner after its opening for the end of the one that opened it, and ignores it. */
const MENU_SETTLES_MS = 300;

/** The prompt of *Put* for the value. In this case only: *its value of* is what the box for the key says of one that exists. */
export const VALUE_OF = /Value of/;

export class Workbench implements AsyncDisposable {
  readonly page: Page;
  readonly #host: VscodeHost;
  readonly #browser: ChromiumPage;

  private constructor(host: VscodeHost, browser: ChromiumPage) {
    this.#host = host;
    this.#browser = browser;
    this.page = browser.page;
  }

  /** Starts VS Code on a workspace, with the extension under test, and waits until it can be used. */
  static async open(
    options: Omit<VscodeHostOptions, 'extension' | 'fewBuiltinExtensions'>,
    openPage: (url: string) => Promise<ChromiumPage> = openChromiumPage,
  ): Promise<Workbench> {
    const host = await startVscodeHost({
      ...options,
      fewBuiltinExtensions: true,
      furtherExtensions: [themeKeys, ...(options.furtherExtensions ?? [])],
      extension: extensionUnderTest.source,
    });
    let browser: ChromiumPage | undefined;
    try {
      browser = await openPage(host.url);
      const workbench = new Workbench(host, browser);
      await workbench.page.goto(host.url, { timeout: 60_000 });
      await workbench.#untilReady();
      return workbench;
    } catch (error) {
      await browser?.[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser[Symbol.asyncDispose]();
    await this.#host[Symbol.asyncDispose]();
  }

  /** Id of the VS Code server's process. */
  get serverProcessId(): number {
    return this.#host.processId;
  }

  /** Reloads the window, which restarts the extension host. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#untilReady();
  }

  /**
   * What is stored under a key for the workspace. VS Code in a browser writes it every few seconds, and cannot while the
   * page goes away: what is to survive a reload must be there before.
   */
  async stored(key: string): Promise<string> {
    return this.page.evaluate(async (wanted) => {
      const settled = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const found: string[] = [];
      for (const { name = '' } of await indexedDB.databases()) {
        if (!name.startsWith('vscode-web-state-db-') || name.endsWith('-global')) continue;
        const database = await settled(indexedDB.open(name));
        found.push((await settled(database.transaction('ItemTable').objectStore('ItemTable').get(wanted))) ?? '');
        database.close();
      }
      return found.join('\n');
    }, key);
  }

  /** Where the server listens. */
  get port(): number {
    return Number(new URL(this.#host.url).port);
  }

  /** Runs a command by its full title, as the palette shows it: `Strata: Compact`. */
  async runCommand(title: string): Promise<void> {
    await eventually(async () => {
      // An editor that is just opening or closing takes the focus, and so the palette away.
      await this.page.keyboard.press('F1');
      await this.#quickInput().fill(`>${title}`, { timeout: 2000 });
      await this.#quickInputRow(title).first().click({ timeout: 2000 });
    });
  }

  /** Types into the input box with this prompt, which a command has opened, and accepts it. */
  async answer(prompt: string | RegExp, text: string): Promise<void> {
    await this.typeAnswer(prompt, text);
    await this.#quickInput().press('Enter');
  }

  /** Types into the input box with this prompt without accepting, so that its validation message shows. */
  async typeAnswer(prompt: string | RegExp, text: string): Promise<void> {
    // Boxes follow each other in one widget: without its prompt the next one looks like the last.
    await this.page.locator('.quick-input-widget:visible').filter({ hasText: prompt }).waitFor();
    await this.#quickInput().fill(text);
  }

  /**
   * Runs a command that opens a quick pick, and picks the row whose label contains a text. A quick pick closes when
   * something else gets the focus, as an editor does that is just opening; the command then runs once more.
   */
  async runCommandAndPick(title: string, label: string | RegExp): Promise<void> {
    let attempts = 0;
    await eventually(async () => {
      // More than that is no editor that opens late: something takes the focus whenever the quick pick is open.
      if (++attempts <= 3) await this.runCommand(title);
      await this.#quickInputRow(label).first().click({ timeout: 3000 });
    });
  }

  /** Title or prompt, validation message and rows of the open quick input, as text. */
  async quickInputText(): Promise<string> {
    const widget = this.page.locator('.quick-input-widget:visible');
    await widget.waitFor();
    return widget.innerText();
  }

  async dismissQuickInput(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The view of the sidebar with this title, as `Keys`. */
  view(title: string): TreeView {
    const header = this.page.locator('.pane-header h3', { hasText: exactly(title) });
    return new TreeView(this.page, this.page.locator('.pane', { has: header }));
  }

  /** Opens a container of the activity bar. */
  async openViewContainer(title: string): Promise<void> {
    const action = this.page.locator('.activitybar').getByRole('tab', { name: title });
    if ((await action.getAttribute('aria-selected')) !== 'true') await action.click();
    await this.page
      .locator('.sidebar .composite.title')
      .filter({ hasText: new RegExp(title, 'i') })
      .waitFor();
  }

  /** Opens a file of the workspace by its name, or by the end of its path, through quick open. */
  async openFile(file: string): Promise<void> {
    const name = path.posix.basename(file);
    let hasFailed = false;
    await eventually(async () => {
      const inExplorer = this.#fileInExplorer(name);
      // What quick open has opened as text once, it lists as opened lately, and opens as text ever after.
      if (hasFailed && (await inExplorer.isVisible())) await inExplorer.click({ timeout: 2500 });
      else {
        // The search for files is not there yet while VS Code starts, and does not begin anew by itself.
        await this.page.keyboard.press('ControlOrMeta+P');
        await this.#quickInput().fill(file, { timeout: 2000 });
        await this.#quickInputRow(name).first().click({ timeout: 2500 });
      }
      hasFailed = true;
      await this.#untilOpen(name);
    }, 40_000);
  }

  #fileInExplorer(name: string): Locator {
    return this.page.locator('.explorer-folders-view').getByRole('treeitem', { name });
  }

  /** Opens a file of the workspace by name, through the explorer, where no search is there to find it. */
  async openFileInExplorer(name: string): Promise<void> {
    await eventually(async () => {
      await this.#fileInExplorer(name).click();
      await this.#untilOpen(name);
    });
  }

  /** Closes the editor and throws when the file was opened as text because no contribution was known yet. */
  async #untilOpen(name: string): Promise<void> {
    // It may be open already, and something else have been clicked: the rows of a quick pick change while it searches.
    await this.tab(name).and(this.page.locator('[aria-selected=true]')).first().waitFor({ timeout: 10_000 });
    const content = this.page.locator('iframe.webview.ready:visible, .editor-instance .view-lines:visible');
    const refusal = this.page.locator('.monaco-editor-pane-placeholder:visible');
    await content.or(refusal).first().waitFor();
    if (!(await refusal.isVisible())) return;
    const reason = await refusal.innerText();
    await this.runCommand('View: Close All Editors');
    throw new Error(`${name} was opened as text: ${reason}`);
  }

  tab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name });
  }

  /** The content of the visible webview. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready:visible').frameLocator('iframe#active-frame');
  }

  /** Runs an action of the active editor's title, which stands behind its three dots. */
  async editorAction(name: string): Promise<void> {
    const entries = await this.#editorMenu();
    await sleep(MENU_SETTLES_MS);
    await entries.filter({ hasText: exactly(name) }).click();
  }

  /** What stands behind the three dots in the active editor's title. */
  async editorActions(): Promise<string[]> {
    const names = await (await this.#editorMenu()).allInnerTexts();
    await this.page.keyboard.press('Escape');
    return names;
  }

  async #editorMenu(): Promise<Locator> {
    const entries = this.page.locator('.context-view .action-label:visible');
    await eventually(async () => {
      if (await entries.first().isVisible()) return;
      const title = this.page.locator('.editor-group-container.active .editor-actions');
      await title.locator('.codicon-toolbar-more').click({ timeout: 2000 });
      await entries.first().waitFor({ timeout: 2000 });
    });
    return entries;
  }

  /** Text of the active text editor's visible lines. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.editor-instance .monaco-editor .view-lines').first();
    await lines.waitFor();
    // Monaco draws spaces as no-break spaces.
    return (await lines.innerText()).replaceAll('\u00a0', ' ');
  }

  /** The notification that contains a text. */
  notification(text: string | RegExp): Locator {
    return this.page
      .locator('.notification-toast, .notifications-center .notification-list-item')
      .filter({ hasText: text });
  }

  /** Presses a button of the modal dialog that asks before something happens. */
  async confirm(button: string): Promise<void> {
    await this.page.locator('.monaco-dialog-box').getByRole('button', { name: button, exact: true }).click();
    await this.page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  /** Whether the window has this theme, or another one of its kind. */
  async hasTheme(name: ThemeName): Promise<boolean> {
    return this.page.locator(`.monaco-workbench.${THEME_KINDS[name].kind}`).isVisible();
  }

  /** Does nothing where the window has the theme already. */
  async setTheme(name: ThemeName): Promise<void> {
    const { themeKey, kind, webviewKind } = THEME_KINDS[name];
    if (!(await this.hasTheme(name))) {
      const themed = this.page.locator(`.monaco-workbench.${kind}`);
      await eventually(async () => {
        await this.page.keyboard.press(themeKey);
        await themed.waitFor({ timeout: 3000 });
      });
    }
    // A webview hears of it from the workbench, and later.
    const webviews = this.page.locator('iframe.webview.ready:visible');
    for (let index = (await webviews.count()) - 1; index >= 0; index--) {
      const frame = webviews.nth(index).contentFrame().frameLocator('iframe#active-frame');
      await frame.locator(`body[data-vscode-theme-kind="${webviewKind}"]`).waitFor();
    }
  }

  /**
   * Keeps a picture of the window as `test-artifacts/<development or vsix>/<name>.png`. With STRATA_README_PICTURES set
   * it also replaces the README's picture of that name, if there is one.
   */
  async screenshot(name: string): Promise<void> {
    // Away from whatever would show a tooltip, and one that is there already fades.
    await this.page.mouse.move(0, 0);
    await this.page.locator('.workbench-hover:visible').waitFor({ state: 'detached' });
    await this.#untilRowsAreThere();
    const file = await this.#picture(name);
    const readmePicture = path.join(extensionUnderTest.readmePicturesDirectory, `${name}.png`);
    if (process.env['STRATA_README_PICTURES'] && existsSync(readmePicture)) await copyFile(file, readmePicture);
  }

  /** As `screenshot`, of what there is: what it would wait for may be what has failed. */
  async screenshotOfFailure(name: string): Promise<void> {
    await this.#picture(`failed-${name}`);
  }

  async #picture(name: string): Promise<string> {
    const file = path.join(extensionUnderTest.artifactsDirectory, `${name}.png`);
    await mkdir(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  /** No table of a webview waits for rows any more. */
  async #untilRowsAreThere(): Promise<void> {
    await eventually(async () => {
      for (const frame of this.page.frames()) {
        const waiting = await frame.locator('.rows .row.loading:visible').count();
        if (waiting > 0) throw new Error(`${waiting} rows are still missing in ${frame.url()}`);
      }
    });
  }

  async #untilReady(): Promise<void> {
    try {
      await this.page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
      await this.page.locator('.part.sidebar .pane-header').first().waitFor({ timeout: 60_000 });
      await this.page.locator('.activitybar').getByRole('tab', { name: 'Strata' }).waitFor({ timeout: 60_000 });
      // That icon can be one that the browser remembers from another window. Until extensions are known, files open as
      // text, and from the list of those opened lately they do so ever after.
      await eventually(async () => {
        await this.page.keyboard.press('F1');
        await this.#quickInput().fill('>Strata: Show Log', { timeout: 2000 });
        await this.#quickInputRow('Strata: Show Log').first().waitFor({ timeout: 1000 });
      }, 60_000);
      await this.dismissQuickInput();
    } catch (error) {
      const seen = await this.page
        .locator('body')
        .innerText({ timeout: 5000 })
        .catch(() => 'nothing');
      throw new Error(`VS Code did not come up. It shows:\n${seen}\nIts server says:\n${this.#host.log()}`, {
        cause: error,
      });
    }
  }

  #quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-box input');
  }

  #quickInputRow(label: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget:visible .monaco-list-row').filter({ hasText: label });
  }
}

/** A tree in the sidebar. Rows out of sight do not exist in the page; whatever acts on a row scrolls to it first. */
class TreeView {
  readonly #page: Page;
  readonly root: Locator;

  constructor(page: Page, root: Locator) {
    this.#page = page;
    this.root = root;
  }

  /** The row with this label, whatever its description, if it is in sight. */
  row(label: string): Locator {
    return this.root
      .getByRole('treeitem')
      .filter({ has: this.#page.locator('.label-name', { hasText: exactly(label) }) });
  }

  /** Scrolls down from the top until the row with this label is in sight. */
  async scrollTo(label: string): Promise<Locator> {
    const row = this.row(label);
    const list = this.root.locator('.monaco-list');
    await list.waitFor();
    // A tooltip may lie over the middle of a short list; the wheel works all the same.
    await list.hover({ force: true });
    await this.#page.mouse.wheel(0, -1e6);
    await eventually(async () => {
      if (await row.isVisible()) return;
      const { height } = (await list.boundingBox()) ?? { height: 0 };
      await this.#page.mouse.wheel(0, height / 2);
      throw new Error(`The tree has no row ${label}; in sight are\n${(await this.rows()).join('\n')}`);
    });
    return row;
  }

  /** Label and description of every visible row, by indentation of two spaces for each level. */
  async rows(): Promise<string[]> {
    const items = await this.root.getByRole('treeitem').all();
    return Promise.all(
      items.map(async (item) => {
        const level = Number(await item.getAttribute('aria-level'));
        const text = (await item.locator('.monaco-icon-label').innerText()).replaceAll(/\s+/g, ' ').trim();
        return '  '.repeat(level - 1) + text;
      }),
    );
  }

  async expand(label: string): Promise<void> {
    const row = await this.scrollTo(label);
    if ((await row.getAttribute('aria-expanded')) !== 'true') {
      await row.locator('.monaco-tl-twistie').click();
      await row.and(this.root.locator('[aria-expanded=true]')).waitFor();
    }
  }

  /** Presses a button in the view's title, whose name may be followed by its key in parentheses. */
  async titleButton(name: string): Promise<void> {
    const header = this.root.locator('.pane-header');
    await header.hover();
    await header.getByRole('button', { name: new RegExp(`^${name}(?: \\(.*\\))?$`) }).click();
  }

  async select(label: string): Promise<void> {
    await (await this.scrollTo(label)).locator('.monaco-icon-label').click();
  }

  /** Runs an entry of a row's context menu. */
  async contextMenu(label: string, entry: string): Promise<void> {
    const item = this.#page.locator('.context-view .action-label', { hasText: entry }).first();
    await eventually(async () => {
      if (!(await item.isVisible())) {
        await (await this.scrollTo(label)).locator('.monaco-icon-label').click({ button: 'right', timeout: 2000 });
        await item.waitFor({ timeout: 2000 });
      }
      await sleep(MENU_SETTLES_MS);
      // A tree that changes closes the menu. Only a click that reached the entry ends this loop.
      await item.click({ timeout: 2000 });
      await item.waitFor({ state: 'hidden', timeout: 2000 });
    });
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}

interface ThemeKind {
  /** Of the extension that is there for it. */
  readonly themeKey: string;
  /** In the window's class. */
  readonly kind: string;
  readonly webviewKind: string;
}

const THEME_KINDS: Readonly<Record<ThemeName, ThemeKind>> = {
  'Dark Modern': { themeKey: 'Control+Alt+Shift+F1', kind: 'vs-dark', webviewKind: 'vscode-dark' },
  'Light Modern': { themeKey: 'Control+Alt+Shift+F2', kind: 'vs', webviewKind: 'vscode-light' },
  'Dark High Contrast': { themeKey: 'Control+Alt+Shift+F3', kind: 'hc-black', webviewKind: 'vscode-high-contrast' },
  'Light High Contrast': {
    themeKey: 'Control+Alt+Shift+F4',
    kind: 'hc-light',
    webviewKind: 'vscode-high-contrast-light',
  },
};
