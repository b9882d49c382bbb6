import { type Clock, KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import type { StackEndpoint } from '@gadgetloom/gadget';
import type { BulkIn } from './bulk-in.ts';
import { BulkOut } from './bulk-out.ts';
import type { Channel } from './channel.ts';
import { type BulkHeader, EOM, MessageId, TERM_CHAR, UsbtmcStatus } from './messages.ts';
import type { InRequest } from './response.ts';

/**
 * How long a transfer to the host may still take when the host already sends the next message. One that the host has
 * taken ends at once; a host that has given up never takes it.
 */
const GRACE = 50 * MILLISECOND;

/**
 * How long what is on its way may take until it is seen: a control request overtakes a message that the host has sent,
 * or a completion.
 */
const OVERTAKEN = MILLISECOND;

/** What an exchange takes. */
export interface ExchangeOptions {
  readonly out: StackEndpoint<'out'>;
  readonly in: BulkIn;
  readonly clock: Clock;
  /** Device-dependent messages. */
  readonly device: Channel;
  /** Vendor-specific messages; their handler may be missing. */
  readonly vendor: Channel;
  readonly vendorWanted: () => boolean;
  readonly trigger: (signal: AbortSignal) => Promise<void>;
  /** A device-dependent message begins. */
  readonly addressed: () => void;
  /** The host asks although there is nothing to answer. */
  readonly unterminated: () => void;
  /** The program's waveform failed while it was sent. */
  readonly failed: (error: unknown) => void;
}

/** A transfer to the host that is under way. */
interface Sending {
  readonly tag: number;
  readonly abort: AbortController;
  readonly over: Promise<void>;
}

/** The messages between a host and the instrument, both ways. */
export class Exchange {
  readonly bulkOut: BulkOut;
  readonly #options: ExchangeOptions;
  #request: InRequest | undefined;
  /** The request that was told to be one too many. It waits until the host gives it up. */
  #told: InRequest | undefined;
  #sending: Sending | undefined;
  #session: AbortSignal | undefined;
  /** Bytes of the transfer to the host that is under way, or was the last. */
  #sent = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.bulkOut = new BulkOut(options.out, {
      begin: (header) => this.#begin(header),
      data: (header, bytes) => this.#channel(header.id).receive(bytes),
      end: (header) => this.#end(header),
      dropped: (header) => this.#channel(header.id).discard(),
    });
  }

  /** Serves the host until the session ends. @throws the reason of `signal`; KernelError */
  async serve(signal: AbortSignal): Promise<void> {
    this.#session = signal;
    try {
      await this.bulkOut.serve(signal);
    } finally {
      await this.#forget(signal.reason);
    }
  }

  /** INITIATE_CLEAR. Resolves when everything is cleared, and the OUT endpoint halted. */
  async clear(): Promise<void> {
    await this.pause();
    await this.#forget(new KernelError('ECONNRESET', 'serve the host', 'the host cleared the device.'));
    await this.#flush();
    await this.bulkOut.abort();
  }

  /** INITIATE_ABORT_BULK_OUT. @returns USBTMC_status */
  async abortOut(tag: number): Promise<number> {
    if (this.bulkOut.tag === undefined) await this.pause();
    const current = this.bulkOut.tag;
    if (current === undefined) return UsbtmcStatus.FAILED;
    if (current !== tag) return UsbtmcStatus.TRANSFER_NOT_IN_PROGRESS;
    await this.bulkOut.abort();
    return UsbtmcStatus.SUCCESS;
  }

  /**
   * INITIATE_ABORT_BULK_IN: the transfer ends with a short packet. Linux's usbtmc.c sends the tag after the one that is
   * under way (usbtmc_read stores it too late), so that is accepted as well.
   *
   * @returns USBTMC_status
   */
  async abortIn(tag: number): Promise<number> {
    if (this.#sending === undefined && this.#request === undefined) await this.pause();
    const current = this.#sending?.tag ?? this.#request?.tag;
    if (current === undefined) return UsbtmcStatus.FAILED;
    if (tag !== current && tag !== (current % 0xff) + 1) return UsbtmcStatus.TRANSFER_NOT_IN_PROGRESS;
    const sent = this.#sending === undefined ? 0 : this.#sent;
    await this.#cancelSending();
    await this.#flush();
    this.#request = undefined;
    for (const channel of [this.#options.device, this.#options.vendor]) channel.dropResponse(false);
    this.#send(current, async (signal) => this.#options.in.end(signal));
    this.#sent = sent;
    return UsbtmcStatus.SUCCESS;
  }

  /** CHECK_ABORT_BULK_IN_STATUS: whether the short packet still waits, and the bytes that were sent before. */
  async abortedIn(): Promise<{ readonly pending: boolean; readonly sent: number }> {
    if (this.#sending !== undefined) await this.pause();
    return { pending: this.#sending !== undefined, sent: this.#sent };
  }

  /** A channel has changed. Answers the host if it waits. */
  answer(): void {
    const request = this.#request;
    if (request === undefined || this.#sending !== undefined) return;
    const channel = this.#channel(request.id);
    const { response } = channel;
    if (response === undefined) {
      if (channel.busy || this.#told === request || request.id !== MessageId.REQUEST_DEV_DEP_MSG_IN) return;
      this.#told = request;
      this.#options.unterminated();
      return;
    }
    this.#request = undefined;
    this.#send(request.tag, async (signal) => {
      try {
        const transfer = await response.transfer(request);
        await this.#options.in.send(transfer, (bytes) => this.#count(bytes), signal);
        response.sent += transfer.size;
        if (response.done && channel.response === response) channel.dropResponse(false);
      } catch (error) {
        if (signal.aborted || error instanceof KernelError) throw error;
        // The header has told a length that cannot be kept. A short packet ends the transfer.
        this.#options.failed(error);
        if (channel.response === response) channel.dropResponse(false);
        await this.#options.in.end(signal);
      }
    });
  }

  async #begin(header: BulkHeader): Promise<boolean> {
    if (!this.#known(header.id)) return false;
    if (this.#sending !== undefined) {
      await Promise.race([this.#sending.over, sleep(this.#options.clock, GRACE)]);
      if (this.#sending !== undefined) {
        await this.#cancelSending();
        await this.#flush();
        for (const channel of [this.#options.device, this.#options.vendor]) channel.dropResponse(true);
      }
    }
    // The host has given the older request up.
    this.#request = undefined;
    if (header.id === MessageId.DEV_DEP_MSG_OUT) this.#options.addressed();
    return true;
  }

  async #end(header: BulkHeader): Promise<void> {
    const { id, tag, size, attributes, termChar } = header;
    switch (id) {
      case MessageId.DEV_DEP_MSG_OUT:
        if ((attributes & EOM) !== 0) await this.#options.device.complete();
        return;
      case MessageId.VENDOR_SPECIFIC_OUT:
        await this.#options.vendor.complete();
        return;
      case MessageId.TRIGGER:
        await this.#options.device.add(async (signal) => {
          await this.#options.trigger(signal);
          return [];
        });
        return;
      default: {
        const wanted = id === MessageId.REQUEST_DEV_DEP_MSG_IN && (attributes & TERM_CHAR) !== 0;
        this.#request = { id, tag, size, termChar: wanted ? termChar : undefined };
        this.answer();
      }
    }
  }

  #known(id: number): boolean {
    if (id === MessageId.VENDOR_SPECIFIC_OUT || id === MessageId.REQUEST_VENDOR_SPECIFIC_IN)
      return this.#options.vendorWanted();
    return id === MessageId.DEV_DEP_MSG_OUT || id === MessageId.REQUEST_DEV_DEP_MSG_IN || id === MessageId.TRIGGER;
  }

  #channel(id: number): Channel {
    const vendor = id === MessageId.VENDOR_SPECIFIC_OUT || id === MessageId.REQUEST_VENDOR_SPECIFIC_IN;
    return vendor ? this.#options.vendor : this.#options.device;
  }

  #send(tag: number, run: (signal: AbortSignal) => Promise<void>): void {
    const abort = new AbortController();
    // It must not begin again in the next session, which may begin before the end of this one is seen.
    const signal = this.#session === undefined ? abort.signal : AbortSignal.any([abort.signal, this.#session]);
    this.#sent = 0;
    const over = run(signal)
      .catch((error: unknown) => {
        // The host left or reconfigured: the session ends, too.
        if (!signal.aborted && !(error instanceof KernelError)) this.#options.failed(error);
      })
      .then(() => {
        this.#sending = undefined;
        this.answer();
      });
    this.#sending = { tag, abort, over };
  }

  #count(bytes: number): void {
    this.#sent += bytes;
  }

  async #cancelSending(): Promise<void> {
    const sending = this.#sending;
    if (sending === undefined) return;
    this.#request = undefined;
    sending.abort.abort(new KernelError('ECONNRESET', 'send a message', 'the host aborted it.'));
    await sending.over;
  }

  /** Drops what the controller has not sent. An endpoint that was disabled meanwhile would make the call wait. */
  async #flush(): Promise<void> {
    await Promise.race([this.#options.in.flush(), this.pause()]);
  }

  /** Waits until what a control request has overtaken is seen. */
  pause(): Promise<void> {
    return sleep(this.#options.clock, OVERTAKEN);
  }

  async #forget(reason: unknown): Promise<void> {
    this.#request = undefined;
    for (const channel of [this.#options.device, this.#options.vendor]) channel.clear(reason);
    await this.#cancelSending();
  }
}
