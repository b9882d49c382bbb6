/** Closes what was opened. Returns the same failure, unless closing failed too. */
export async function undone(opened: AsyncDisposable, failure: unknown): Promise<unknown> {
  try {
    await opened[Symbol.asyncDispose]();
    return failure;
  } catch (second) {
    const words = failure instanceof Error ? failure.message : String(failure);
    return new AggregateError(
      [failure, second],
      `${words} Not everything that was opened before could be closed again.`,
    );
  }
}
