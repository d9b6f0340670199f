const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');

function orNotFound(uri, read) {
  try {
    return read();
  } catch (error) {
    throw error.code === 'ENOENT' ? vscode.FileSystemError.FileNotFound(uri) : error;
  }
}

function typeOf(entry) {
  return entry.isDirectory() ? vscode.FileType.Directory : vscode.FileType.File;
}

function refuse() {
  throw vscode.FileSystemError.NoPermissions('This file system is read-only.');
}

exports.activate = (context) => {
  const changes = new vscode.EventEmitter();
  const provider = {
    onDidChangeFile: changes.event,
    watch(uri) {
      const watcher = fs.watch(uri.path, (_event, name) => {
        const isFolder = fs.statSync(uri.path, { throwIfNoEntry: false })?.isDirectory() === true;
        const file = isFolder && name !== null ? vscode.Uri.joinPath(uri, name) : uri;
        const type = fs.existsSync(file.path) ? vscode.FileChangeType.Changed : vscode.FileChangeType.Deleted;
        changes.fire([{ type, uri: file }]);
      });
      return new vscode.Disposable(() => watcher.close());
    },
    stat: (uri) =>
      orNotFound(uri, () => {
        const stat = fs.statSync(uri.path);
        return { type: typeOf(stat), ctime: stat.ctimeMs, mtime: stat.mtimeMs, size: stat.size };
      }),
    readDirectory: (uri) =>
      orNotFound(uri, () =>
        fs.readdirSync(uri.path, { withFileTypes: true }).map((entry) => [path.basename(entry.name), typeOf(entry)]),
      ),
    readFile: (uri) => orNotFound(uri, () => new Uint8Array(fs.readFileSync(uri.path))),
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider('other-disk', provider, { isReadonly: true, isCaseSensitive: true }),
    vscode.workspace.registerFileSystemProvider(
      'writable-disk',
      { ...provider, writeFile: (uri, content) => fs.writeFileSync(uri.path, content) },
      { isCaseSensitive: true },
    ),
  );
};
