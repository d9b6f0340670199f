/**
 * Moments of the inspector in the browser's user timing, by which its own share of opening a file can be told from
 * that of VS Code: they show in the developer tools, and the large test prints them.
 */
export const MARKS = { started: 'strata.inspector-started', firstRows: 'strata.first-rows' } as const;
