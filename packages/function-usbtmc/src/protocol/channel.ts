import type { ResponsePart } from '../scpi/answer.ts';
import { Response } from './response.ts';

/** Messages that wait for their turn before the host is made to wait. */
const MOST_WAITING = 16;

/** What a channel does with its messages. */
export interface ChannelOptions {
  /** Bytes that a message may have. */
  readonly longest: number;
  readonly execute: (message: Uint8Array, signal: AbortSignal) => Promise<readonly ResponsePart[]>;
  /** A response was dropped because the host sent another message before it had fetched it. */
  readonly interrupted: () => void;
  /** A message was longer than allowed. */
  readonly overrun: () => void;
  /** The response is there, or gone, or nothing is executed any more. */
  readonly changed: () => void;
  /** Gets errors that nothing else handles. */
  readonly report: (error: unknown) => void;
}

/** Messages of one kind: they are put together, executed one after the other, and answered. */
export class Channel {
  readonly #options: ChannelOptions;
  #input: Uint8Array[] = [];
  #size = 0;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #latest = 0;
  #abort = new AbortController();
  #response: Response | undefined;
  #room: (() => void)[] = [];

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** What the host may fetch. */
  get response(): Response | undefined {
    return this.#response;
  }

  /** True while a message is executed or waits for its turn. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Takes a part of a message. What is too much is dropped. */
  receive(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > this.#options.longest) this.#input = [];
    else if (bytes.length > 0) this.#input.push(bytes.slice());
  }

  /** Forgets the parts of a message that is not complete. */
  discard(): void {
    this.#input = [];
    this.#size = 0;
  }

  /** Ends a message, which is then executed. Resolves once another one may come. */
  async complete(): Promise<void> {
    const [parts, size] = [this.#input, this.#size];
    this.discard();
    if (size > this.#options.longest) {
      this.#options.overrun();
      return;
    }
    const message = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      message.set(part, at);
      at += part.length;
    }
    await this.add((signal) => this.#options.execute(message, signal));
  }

  /** Adds something to be executed in its turn. Resolves once another one may come. */
  async add(run: (signal: AbortSignal) => Promise<readonly ResponsePart[]>): Promise<void> {
    this.dropResponse(true);
    const number = ++this.#latest;
    const { signal } = this.#abort;
    this.#waiting++;
    this.#turn = this.#turn.then(() => this.#execute(run, number, signal));
    if (this.#waiting > MOST_WAITING) await new Promise<void>((resolve) => this.#room.push(resolve));
  }

  /** Drops the response. @param early true if the host has not fetched all of it and was expected to */
  dropResponse(early: boolean): void {
    if (this.#response === undefined) return;
    this.#response = undefined;
    if (early) this.#options.interrupted();
    this.#options.changed();
  }

  /** Forgets everything, and aborts what is executed. */
  clear(reason: unknown): void {
    this.#abort.abort(reason);
    this.#abort = new AbortController();
    this.#turn = Promise.resolve();
    this.#waiting = 0;
    this.discard();
    this.dropResponse(false);
    this.#makeRoom();
  }

  async #execute(
    run: (signal: AbortSignal) => Promise<readonly ResponsePart[]>,
    number: number,
    signal: AbortSignal,
  ): Promise<void> {
    let parts: readonly ResponsePart[] = [];
    try {
      if (!signal.aborted) parts = await run(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.report(error);
    }
    if (signal.aborted) return;
    this.#waiting--;
    this.#makeRoom();
    if (parts.length > 0) {
      if (number === this.#latest) this.#response = new Response(parts);
      else this.#options.interrupted();
    }
    this.#options.changed();
  }

  #makeRoom(): void {
    for (const resolve of this.#room.splice(0)) resolve();
  }
}
