import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A shell: somebody else on the machine, who does things to what is ours. */
export class OtherProcess implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #answers: ((status: number) => void)[] = [];

  constructor() {
    this.#shell = spawn('sh', { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#shell.stdout! }).on('line', (line) => this.#answers.shift()?.(Number(line)));
  }

  /** Runs a command, and gives its exit status when it is over. What it prints is dropped. */
  run(command: string): Promise<number> {
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.#shell.stdin?.write(`{ ${command}\n} >/dev/null 2>&1; echo $?\n`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#shell, 'close');
    this.#shell.stdin?.end();
    await ended;
  }
}
