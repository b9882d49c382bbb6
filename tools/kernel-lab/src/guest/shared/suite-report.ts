/**
 * What a suite says of its checks, one line for each: `ok NAME`, `guarded NAME: REASON`, `FAILED NAME: REASON`, and
 * last, as the end of the suite, `N passed, N guarded, N failed`. The lab counts a suite without that line as failed.
 */
export class SuiteReport {
  #passed = 0;
  #guarded = 0;
  #failed = 0;

  passed(name: string): void {
    this.#passed++;
    console.log(`ok ${name}`);
  }

  /** The check goes another way on purpose: a guard refuses what would harm the kernel, or the backend differs from it. */
  guarded(name: string, reason: string): void {
    this.#guarded++;
    console.log(`guarded ${name}: ${reason}`);
  }

  /** @param reason an error with its stack, or text; may have several lines */
  failed(name: string, reason: unknown): void {
    this.#failed++;
    console.log(`FAILED ${name}: ${describe(reason)}`);
  }

  /** Runs one check: it passes unless it throws. */
  async check(name: string, run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
      this.passed(name);
    } catch (error) {
      this.failed(name, error);
    }
  }

  /** Prints the last line and sets the exit status. Nothing is reported after it. */
  end(): void {
    console.log(`${this.#passed} passed, ${this.#guarded} guarded, ${this.#failed} failed`);
    process.exitCode = this.#failed === 0 ? 0 : 1;
  }
}

function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const { code } = reason as { code?: unknown };
  const stack = reason.stack ?? reason.message;
  const cause = reason.cause === undefined ? '' : `\ncaused by: ${describe(reason.cause)}`;
  return `${code === undefined ? '' : `${code} `}${stack}${cause}`;
}
