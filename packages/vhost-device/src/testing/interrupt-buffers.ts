import { HEADER_BYTES, INTERRUPT_QUEUE, Signal } from '../pci/transaction.ts';
import { SLOTS_END } from './command-slots.ts';
import { GUEST_BASE, type Guest } from './guest.ts';

/** As many as Linux's virt-pci provides. */
const BUFFERS = 10;
const BUFFER_BYTES = 32;
const MESSAGE_BYTES = HEADER_BYTES + 4;

/** An interrupt as it arrived: the pin, 1 to 4, or what was written to which address. */
export type InterruptMessage =
  | { readonly kind: 'INTx'; readonly pin: number }
  | { readonly kind: 'MSI'; readonly address: number; readonly data: number };

/** What a driver does about an interrupt. */
export type InterruptHandler = (message: InterruptMessage) => void | Promise<void>;

/** Buffers for interrupts. A buffer goes back to the device when the handler has returned, as with Linux's virt-pci. */
export class InterruptBuffers {
  readonly #guest: Guest;
  readonly #arrived: number[] = [];
  #handler: InterruptHandler | undefined;
  #busy = false;
  /** Messages that have arrived. */
  count = 0;

  constructor(guest: Guest) {
    this.#guest = guest;
    guest.onCall(INTERRUPT_QUEUE, () => void this.#arrive());
  }

  /** Provides the buffers. */
  provide(): void {
    for (let buffer = 0; buffer < BUFFERS; buffer++) this.#offer(buffer);
  }

  /** Without one, messages wait. */
  set handler(handler: InterruptHandler | undefined) {
    this.#handler = handler;
    void this.#handle();
  }

  #arrive(): Promise<void> {
    const { ring } = this.#guest.queues[INTERRUPT_QUEUE]!;
    for (let used = ring.reap(); used !== undefined; used = ring.reap()) {
      this.count++;
      this.#arrived.push(used.head);
    }
    return this.#handle();
  }

  async #handle(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#handler !== undefined && this.#arrived.length > 0) {
        const buffer = this.#arrived.shift()!;
        await this.#handler(this.#message(buffer));
        if (this.#guest.disposed) return;
        this.#offer(buffer);
      }
    } catch (error) {
      // A handler that was at work when everything ended cannot help it.
      if (!this.#guest.disposed) throw error;
    } finally {
      this.#busy = false;
    }
  }

  #message(buffer: number): InterruptMessage {
    const { view } = this.#guest;
    const at = SLOTS_END + buffer * BUFFER_BYTES;
    const address = Number(view.getBigUint64(at + 8, true));
    if (view.getUint8(at) === Signal.INT) return { kind: 'INTx', pin: address };
    return { kind: 'MSI', address, data: view.getUint32(at + HEADER_BYTES, true) };
  }

  #offer(buffer: number): void {
    const address = GUEST_BASE + SLOTS_END + buffer * BUFFER_BYTES;
    const { ring } = this.#guest.queues[INTERRUPT_QUEUE]!;
    ring.offer(buffer, [{ address, length: MESSAGE_BYTES, writable: true }]);
    this.#guest.kick(INTERRUPT_QUEUE);
  }
}
