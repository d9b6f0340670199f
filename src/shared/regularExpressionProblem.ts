import { messageOf } from './messageOf.ts';

/**
 * What is wrong with a regular expression that somebody types, as a sentence; undefined: nothing. What compiles it is
 * more than half of the extension's code, and is loaded with the first expression: activation and editors need none.
 */
export async function regularExpressionProblem(pattern: string): Promise<string | undefined> {
  // It may be gone while VS Code updates the extension; whoever matches with the expression checks it once more.
  const compiler = await import('./regularExpression.ts').catch(() => undefined);
  try {
    compiler?.compileRegularExpression(pattern, true);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
