/**
 * Takes every step, whatever the others throw, and throws nothing: for removing and closing what is not needed any more,
 * mostly after an error, which matters more. What stays in the directory of a store is removed by its next opening.
 */
export function cleanUp(steps: readonly (() => void)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch {
      // The other steps matter as much as this one.
    }
  }
}
