/** Why a range of a segment is damaged, in words: the segment editor's, which reports use too. */

export interface ReasonOfDamage {
  /** As `src/format` and the engine name it: `short-body`. */
  readonly reason: string;
  /** No valid record follows in its file. */
  readonly reachesEnd?: boolean;
}

export function damageReason({ reason, reachesEnd = false }: ReasonOfDamage): string {
  const isCut = reason === 'short-header' || reason === 'short-body';
  if (isCut && reachesEnd) return 'torn tail';
  if (isCut) return reason === 'short-header' ? 'cut off' : 'impossible length';
  return reason.replaceAll('-', ' ');
}
