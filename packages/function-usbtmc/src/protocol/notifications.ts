/** Tag of the notification of a service request (USB488 1.0, table 7). */
const SERVICE_REQUEST = 0x01;
const NOTIFICATION = 0x80;

/** What goes to the host on the interrupt IN endpoint: answers to READ_STATUS_BYTE, and service requests. */
export class Notifications {
  readonly #send: (bytes: Uint8Array, signal: AbortSignal) => Promise<void>;
  readonly #report: (error: unknown) => void;
  #queue: Uint8Array[] = [];
  #signal: AbortSignal | undefined;
  #sending = false;

  constructor(send: (bytes: Uint8Array, signal: AbortSignal) => Promise<void>, report: (error: unknown) => void) {
    this.#send = send;
    this.#report = report;
  }

  /** Begins a session. What has not been sent in the one before is forgotten. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    this.#queue = [];
  }

  /** Answers READ_STATUS_BYTE. @returns false, and reads nothing, if the host has not fetched the answer before */
  statusByte(tag: number, read: () => number): boolean {
    if (this.#queue.some(([first]) => first !== (NOTIFICATION | SERVICE_REQUEST))) return false;
    this.#add(Uint8Array.of(NOTIFICATION | tag, read()));
    return true;
  }

  /** Requests service. A request that the host has not fetched gets the newer status byte. */
  serviceRequest(value: number): void {
    const waiting = this.#queue
      .slice(this.#sending ? 1 : 0)
      .find(([first]) => first === (NOTIFICATION | SERVICE_REQUEST));
    if (waiting === undefined) this.#add(Uint8Array.of(NOTIFICATION | SERVICE_REQUEST, value));
    else waiting[1] = value;
  }

  #add(bytes: Uint8Array): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    this.#queue.push(bytes);
    if (!this.#sending) this.#run(this.#signal).catch((error: unknown) => this.#report(error));
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#sending = true;
    try {
      for (let next = this.#queue[0]; next !== undefined && !signal.aborted; next = this.#queue[0]) {
        await this.#send(next, signal);
        if (this.#queue[0] === next) this.#queue.shift();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#sending = false;
    }
    const { length } = this.#queue;
    if (length > 0 && this.#signal !== signal && this.#signal?.aborted === false) await this.#run(this.#signal);
  }
}
