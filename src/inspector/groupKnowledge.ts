/** What is known of the groups that records belong to. */

import type { LogRecord } from './logFormat.ts';

export interface GroupKnowledge {
  /** Whether a group that starts there is known to lack records. */
  isIncomplete(groupStartBytes: number): boolean;
}

/** Whether a record is of a group that is not complete, and therefore never happened. For that no store is needed. */
export function isUncommitted({ groupRole, groupStartBytes }: LogRecord, groups: GroupKnowledge | undefined): boolean {
  if (groupRole === 'none') return false;
  return groupRole === 'orphan' || groups?.isIncomplete(groupStartBytes) === true;
}
