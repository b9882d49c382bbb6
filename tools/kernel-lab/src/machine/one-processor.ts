import { readFileSync } from 'node:fs';

/** A processor that a guest has taken; disposing gives it back. */
export interface TakenProcessor extends Disposable {
  readonly number: number;
}

/**
 * Shares processors among guests of User-Mode Linux, which take turns with their own programs all the time: a system call
 * there is a switch between two processes. Between two processors that are idle, each switch has to wake one up, which makes
 * a guest up to five times slower than on one.
 */
export class Processors {
  readonly #numbers: readonly number[] | undefined;
  readonly #guests = new Map<number, number>();

  /** @param numbers of the processors; those that this process may use unless given */
  constructor(numbers?: readonly number[]) {
    this.#numbers = numbers;
  }

  /** Takes one of those with the fewest guests. */
  take(): TakenProcessor {
    const numbers = this.#numbers ?? allowedProcessors(readFileSync('/proc/self/status', 'utf8'));
    const guests = (number: number): number => this.#guests.get(number) ?? 0;
    const [number = 0] = numbers.toSorted((one, other) => guests(one) - guests(other));
    this.#guests.set(number, guests(number) + 1);
    let taken = true;
    return {
      number,
      [Symbol.dispose]: () => {
        if (taken) this.#guests.set(number, guests(number) - 1);
        taken = false;
      },
    };
  }
}

/** Numbers of the processors that a process may use. @param status its file `status` in /proc */
export function allowedProcessors(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}
