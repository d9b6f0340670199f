/** Three significant digits, with k and M: figures of a benchmark have no more. */
export function formatQuantity(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 999_500) return `${threeDigits(value / 1e6)} M`;
  if (magnitude >= 9_995) return `${threeDigits(value / 1e3)} k`;
  if (magnitude >= 999.5) return Math.round(value).toLocaleString('en-US');
  return threeDigits(value);
}

/** How many times as good as the other. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 9.95 ? Math.round(ratio) : ratio.toPrecision(2)} x`;
}

function threeDigits(value: number): string {
  return value === 0 ? '0' : Number(value.toPrecision(3)).toString();
}
