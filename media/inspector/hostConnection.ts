/** The webview's end of the calls to the extension host. */

import { type BirpcReturn, createBirpc } from 'birpc';
import type { HostCalls, ViewEvents } from '../../src/shared/inspectorMessages.ts';
import type { ViewState } from '../../src/shared/inspectorViewState.ts';
import { packErrors, unpackErrors } from '../../src/shared/rpcErrors.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): ViewState | undefined;
  setState(state: ViewState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export const vscode: VsCodeApi = acquireVsCodeApi();

export type Host = BirpcReturn<HostCalls, ViewEvents>;

export function connectToHost(events: ViewEvents): Host {
  return createBirpc<HostCalls, ViewEvents>(events, {
    post: (message) => vscode.postMessage(message),
    on: (receive) => window.addEventListener('message', ({ data }) => receive(data)),
    serialize: packErrors,
    deserialize: unpackErrors,
    timeout: -1,
    bind: 'functions',
  });
}
