import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** A program that answers each line with a line. */
class LineProgram {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #iterator: AsyncIterator<string>;

  /** @param descriptor inherited by the program as descriptor 3 */
  constructor(program: string, args: readonly string[], descriptor?: number) {
    const more = descriptor === undefined ? [] : [descriptor];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit', ...more] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#iterator = this.#lines[Symbol.asyncIterator]();
  }

  write(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  async read(): Promise<string> {
    const { value, done } = await this.#iterator.next();
    if (done === true) throw new Error(`${this.#child.spawnfile} ended; it says why above.`);
    return value;
  }

  async end(kill: boolean): Promise<void> {
    const ended =
      this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, 'exit') : undefined;
    if (kill) this.#child.kill('SIGKILL');
    else this.#child.stdin!.end();
    await ended;
    this.#lines.close();
  }
}

/** What a run took. */
export interface Effort {
  /** Seconds from the first submission to the last completion. */
  readonly seconds: number;
  /** Seconds of the processor that the process of the gadget took. */
  readonly processor: number;
}

/** Longest duration of each call, in seconds. */
export interface LongestCalls {
  readonly transfer: number;
  readonly exportSyncFile: number;
  readonly fileInfo: number;
  readonly close: number;
}

/** The C program, native/functionfs-dmabuf.c, on an endpoint file of this process. */
export class Rival implements AsyncDisposable {
  readonly #program: LineProgram;

  constructor(program: string, endpoint: { readonly fd: number }, size: number, depth: number) {
    this.#program = new LineProgram(program, ['3', String(size), String(depth)], endpoint.fd);
  }

  async run(transfers: number): Promise<Effort> {
    const [seconds, processor] = await this.#ask(String(transfers));
    return { seconds: seconds!, processor: processor! };
  }

  async timed(transfers: number): Promise<LongestCalls> {
    const [transfer, exportSyncFile, fileInfo, close] = await this.#ask(`timed ${transfers}`);
    return { transfer: transfer!, exportSyncFile: exportSyncFile!, fileInfo: fileInfo!, close: close! };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program.end(false);
  }

  async #ask(line: string): Promise<number[]> {
    this.#program.write(line);
    return (await this.#program.read()).split(' ').map(Number);
  }
}

/** The host's end, native/usbfs-pump.c. */
export class Pump implements AsyncDisposable {
  readonly #program: LineProgram;

  private constructor(program: LineProgram) {
    this.#program = program;
  }

  /** Resolves once the host has `urbs` requests of `size` bytes queued at the endpoint of that direction. */
  static async start(program: string, ids: readonly [string, string], direction: 'in' | 'out', size: number, urbs = 8) {
    const pump = new LineProgram(program, [...ids, direction, String(size), String(urbs)]);
    await pump.read();
    return new Pump(pump);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program.end(true);
  }
}
