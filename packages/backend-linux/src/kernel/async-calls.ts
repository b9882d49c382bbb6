import { Errno, POLLIN } from '@gadgetloom/core';
import type { Addon, Aio } from '@gadgetloom/linux-native';
import type { Readiness, Watch } from './readiness.ts';

/** A read or write in the kernel's asynchronous I/O. */
export interface AsyncCall {
  /** Bytes moved, or a negative errno. */
  readonly result: Promise<number>;
  /** Requests cancellation. The result still resolves. */
  cancel(): void;
}

interface Pending {
  readonly resolve: (result: number) => void;
  readonly into: Uint8Array | undefined;
}

/** Asynchronous reads and writes (io_submit(2)). The host decides when they end, and no thread waits for them. */
export class AsyncCalls implements Disposable {
  readonly #addon: Addon;
  readonly #readiness: Readiness;
  readonly #pending = new Map<number, Pending>();
  #aio: Aio | undefined;
  #watch: Watch | undefined;
  #armed = false;

  constructor(addon: Addon, readiness: Readiness) {
    this.#addon = addon;
    this.#readiness = readiness;
  }

  /** Reads into `into`, which is filled when the call completes. */
  read(fd: number, into: Uint8Array): AsyncCall {
    return this.#track(this.#open().read(fd, into.length), into);
  }

  /** Writes a copy of `bytes`, taken now. */
  write(fd: number, bytes: Uint8Array): AsyncCall {
    return this.#track(this.#open().write(fd, bytes), undefined);
  }

  ready(): void {
    const aio = this.#open();
    const count = aio.reap();
    const over = [...aio.done.subarray(0, 2 * Math.max(count, 0))];
    for (let index = 0; index < over.length; index += 2) {
      const slot = over[index]!;
      const result = over[index + 1]!;
      const pending = this.#pending.get(slot);
      this.#pending.delete(slot);
      aio.take(slot, result > 0 ? pending?.into?.subarray(0, result) : undefined);
      pending?.resolve(result);
    }
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#watch?.end();
    this.#aio?.close();
    for (const { resolve } of this.#pending.values()) resolve(-Errno.EINTR);
    this.#pending.clear();
  }

  #open(): Aio {
    if (this.#aio === undefined) {
      this.#aio = new this.#addon.Aio();
      this.#watch = this.#readiness.watch(this.#aio.fd, 0, this);
    }
    return this.#aio;
  }

  #track(slot: number, into: Uint8Array | undefined): AsyncCall {
    if (slot < 0) return { result: Promise.resolve(slot), cancel() {} };
    const result = new Promise<number>((resolve) => {
      this.#pending.set(slot, { resolve, into });
    });
    const pending = this.#pending.get(slot);
    this.#arm();
    return {
      result,
      cancel: () => {
        if (this.#pending.get(slot) === pending) this.#aio?.cancel(slot);
      },
    };
  }

  #arm(): void {
    const wanted = this.#pending.size > 0;
    if (wanted === this.#armed) return;
    this.#armed = wanted;
    this.#watch?.change(wanted ? POLLIN : 0);
  }
}
