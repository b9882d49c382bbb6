import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ScenarioHost } from '@gadgetloom/conformance';
import { errnoCode, KernelError, MILLISECOND, SECOND } from '@gadgetloom/core';

const VENDOR = 0x1d6b;
const PRODUCT = 0x0104;
const PATIENCE = 30 * SECOND;

interface Answer {
  readonly result: number;
  readonly data: Uint8Array;
}

/** The guest's own kernel as the host of a scenario: usbfs, spoken by a helper program. */
export class UsbfsHost implements ScenarioHost, Disposable {
  readonly #helper: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  /** @param program path of the helper, built from guest/usbfs-host.c */
  constructor(program: string) {
    this.#helper = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    // It may have ended while somebody still wants something of it, who waits in vain then.
    this.#helper.stdin!.on('error', () => {});
    createInterface({ input: this.#helper.stdout! }).on('line', (line) => {
      const [id, result, hex = ''] = line.split(' ');
      const resolve = this.#waiting.get(Number(id));
      this.#waiting.delete(Number(id));
      resolve?.({ result: Number(result), data: Uint8Array.from(Buffer.from(hex, 'hex')) });
    });
  }

  async configured(patience = PATIENCE): Promise<void> {
    await this.#request('open', [VENDOR, PRODUCT, patience / MILLISECOND]);
  }

  async bulkIn(endpoint: number, length: number, timeout: number): Promise<Uint8Array> {
    const { data } = await this.#request('bulk', [endpoint, length, timeout / MILLISECOND]);
    return data;
  }

  async bulkOut(endpoint: number, data: Uint8Array, timeout: number): Promise<number> {
    const { result } = await this.#request('bulk', [endpoint, data.length, timeout / MILLISECOND], data);
    return result;
  }

  async halt(endpoint: number): Promise<void> {
    await this.#request('halt', [endpoint]);
  }

  async clearHalt(endpoint: number): Promise<void> {
    await this.#request('clear', [endpoint]);
  }

  async setConfiguration(value: number): Promise<void> {
    await this.#request('configuration', [value]);
  }

  async setInterface(alternate: number): Promise<void> {
    await this.#request('interface', [alternate]);
  }

  async reset(): Promise<void> {
    await this.#request('reset', []);
  }

  async control(requestType: number, request: number, value: number, index: number, length: number): Promise<number> {
    const { result } = await this.#request('control', [requestType, request, value, index, length]);
    return result;
  }

  async underway(): Promise<void> {
    await this.#request('underway', []);
  }

  /** Ends the helper. */
  [Symbol.dispose](): void {
    this.#helper.stdin?.end();
  }

  async #request(verb: string, numbers: readonly number[], data?: Uint8Array): Promise<Answer> {
    const id = this.#next++;
    const words = [0, 1, 2, 3, 4].map((index) => Math.round(numbers[index] ?? 0));
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      const hex = data === undefined ? '' : ` =${Buffer.from(data).toString('hex')}`;
      this.#helper.stdin?.write(`${id} ${verb} ${words.join(' ')}${hex}\n`);
    });
    if (answer.result < 0) throw new KernelError(errnoCode(answer.result), `usbfs ${verb}`);
    return answer;
  }
}
