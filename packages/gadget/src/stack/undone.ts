/** Closes what was opened. The failure stays what it was, unless undoing failed too. */
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
