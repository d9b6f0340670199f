/** The commands that `package.json` declares, and what each of them runs. */

import * as vscode from 'vscode';
import { replay, verify } from './checkCommands.ts';
import type { CommandContext } from './commandContext.ts';
import { compact } from './compactCommand.ts';
import { deleteKeys } from './deleteCommand.ts';
import { clearFilter, filterKeys } from './filterCommands.ts';
import { diffWithPrevious, showHistory } from './historyCommands.ts';
import { put } from './putCommand.ts';
import { reportingErrors } from './reportError.ts';
import { revealInSegment, revealInTree } from './revealCommands.ts';
import { salvage } from './salvageCommand.ts';
import { setTimeToLive } from './setTimeToLiveCommand.ts';
import { showStatistics } from './statisticsCommand.ts';
import { closeStore, createStore, openStore, openStoreReadOnly, refresh } from './storeCommands.ts';
import { copyKey, copyValue, editValue, exportValue, openValue, showValueAs } from './valueCommands.ts';

/** `target` is what the command was called on, `all` the whole selection of a tree. */
type Command = (context: CommandContext, target: unknown, all: unknown) => unknown;

const COMMANDS: Readonly<Record<string, Command>> = {
  'strata.createStore': createStore,
  'strata.openStore': openStore,
  // VS Code tells the buttons in a view's title the row with the cursor, which this one is not about.
  'strata.openAnotherStore': (context) => openStore(context, undefined),
  'strata.openStoreReadOnly': openStoreReadOnly,
  'strata.closeStore': closeStore,
  'strata.refresh': refresh,
  'strata.put': put,
  'strata.get': openValue,
  'strata.openValue': openValue,
  'strata.edit': editValue,
  'strata.delete': deleteKeys,
  'strata.setTimeToLive': setTimeToLive,
  'strata.copyKey': copyKey,
  'strata.copyValue': copyValue,
  'strata.exportValue': exportValue,
  'strata.showValueAs': showValueAs,
  'strata.history': showHistory,
  'strata.diffWithPrevious': diffWithPrevious,
  'strata.revealInSegment': revealInSegment,
  'strata.revealInKeys': revealInTree,
  'strata.filterKeys': filterKeys,
  'strata.clearFilter': clearFilter,
  'strata.loadMore': ({ keysTree }, target) => keysTree.loadMore(target),
  'strata.compact': compact,
  'strata.replay': replay,
  'strata.verify': verify,
  'strata.salvage': salvage,
  'strata.showStatistics': showStatistics,
  'strata.showLog': ({ log }) => log.show(),
};

export function registerCommands(context: CommandContext): vscode.Disposable {
  const registrations = Object.entries(COMMANDS).map(([id, run]) =>
    vscode.commands.registerCommand(id, (target: unknown, all: unknown) =>
      reportingErrors(context.log, id, () => run(context, target, all)),
    ),
  );
  return vscode.Disposable.from(...registrations);
}
