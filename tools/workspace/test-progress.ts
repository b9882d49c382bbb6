import type { UserConsoleLog } from 'vitest';
import {
  DefaultReporter,
  type SerializedError,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node';
import { Progress } from './setup/progress.mjs';

/** Shows the progress of the tests, each file that fails, and the errors at the end. */
export default class TestProgress extends DefaultReporter {
  readonly #progress = new Progress();
  #files = 0;
  #ended = 0;
  #tests = 0;
  #failed = 0;

  constructor() {
    super({ summary: false });
  }

  /** Prints no banner. */
  override onInit(vitest: Vitest): void {
    this.ctx = vitest;
  }

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications);
    this.#files = specifications.length;
    this.#show();
  }

  override onTestModuleEnd(module: TestModule): void {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    this.#ended++;
    this.#tests += states.length;
    this.#failed += states.filter((state) => state === 'failed').length;
    super.onTestModuleEnd(module);
    this.#show();
  }

  /** Counts files whose tests pass, and prints the others. */
  protected override printTestModule(module: TestModule): void {
    if (module.state() !== 'failed') return;
    this.#progress.clear();
    super.printTestModule(module);
  }

  override onUserConsoleLog(log: UserConsoleLog): void {
    this.#progress.clear();
    super.onUserConsoleLog(log);
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: 'passed' | 'interrupted' | 'failed',
  ): void {
    this.#progress.clear();
    super.onTestRunEnd(modules, errors, reason);
  }

  #show(): void {
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    this.#progress.show(`Tests: ${this.#ended} of ${this.#files} files, ${this.#tests} tests${failed}`);
  }
}
