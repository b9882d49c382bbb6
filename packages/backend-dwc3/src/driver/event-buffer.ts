import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { put } from '../registers/field.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import type { DriverState } from './driver-state.ts';

const { GEVNTADRLO, GEVNTADRHI, GEVNTSIZ, GEVNTCOUNT } = GLOBAL_REGISTERS;
const { DEV_IMOD } = DEVICE_REGISTERS;
const COUNT = 0xfffc;
const EHB = GEVNTCOUNT.fields.EHB.mask;
const MASKED = GEVNTSIZ.fields.INTMASK.mask;
/** Bytes of the ring (DWC3_EVENT_BUFFERS_SIZE). */
const EVENT_BUFFER_SIZE = 4096;
const EVENT_BYTES = 4;

/** The ring that the hardware writes its events to, from the driver's side, and the interrupt that announces them. */
export class EventBuffer {
  readonly #state: DriverState;
  readonly #memory: CoherentMemory;
  readonly #view: DataView;
  /** Offset of the event that is read next. */
  #position = 0;
  /** Events that were read and not handled yet. */
  readonly #waiting: number[] = [];
  #pending = false;

  constructor(state: DriverState) {
    this.#state = state;
    this.#memory = state.memory.allocateCoherent(EVENT_BUFFER_SIZE);
    const { buffer, byteOffset } = this.#memory.memory;
    this.#view = new DataView(buffer, byteOffset, EVENT_BUFFER_SIZE);
  }

  /** Events are being handled. */
  get busy(): boolean {
    return this.#pending;
  }

  /** dwc3_event_buffers_setup. */
  setUp(): void {
    const { registers } = this.#state;
    const { dmaAddress } = this.#memory;
    this.#position = 0;
    this.#waiting.length = 0;
    registers.write(GEVNTADRLO.offset, dmaAddress >>> 0);
    registers.write(GEVNTADRHI.offset, Math.floor(dmaAddress / 2 ** 32));
    registers.write(GEVNTSIZ.offset, put(GEVNTSIZ.fields.SIZE, EVENT_BUFFER_SIZE));
    registers.write(GEVNTCOUNT.offset, registers.read(GEVNTCOUNT.offset));
  }

  /** The first interrupt may come (__dwc3_gadget_start). */
  moderate(): void {
    const { registers, moderation } = this.#state;
    if (moderation === 0) return;
    registers.write(DEV_IMOD.offset, moderation);
    registers.write(GEVNTCOUNT.offset, EHB);
  }

  /**
   * Handles an interrupt: reads the events, acknowledges them, and handles one after the other (dwc3_check_event_buf and
   * dwc3_process_event_buf). If `handle` throws, the events behind are handled at the next interrupt.
   *
   * @param handle called with the word of each event
   * @returns false if the count makes no sense: the driver has lost track of the hardware
   */
  interrupt(handle: (word: number) => void): boolean {
    if (this.#pending) return true;
    const { registers, moderation } = this.#state;
    const count = registers.read(GEVNTCOUNT.offset) & COUNT;
    if (count === 0) return true;
    if (count > EVENT_BUFFER_SIZE) {
      registers.write(GEVNTCOUNT.offset, count);
      return false;
    }
    this.#pending = true;
    registers.write(GEVNTSIZ.offset, (MASKED | EVENT_BUFFER_SIZE) >>> 0);
    for (let read = 0; read < count; read += EVENT_BYTES) {
      this.#waiting.push(this.#view.getUint32(this.#position, true));
      this.#position = (this.#position + EVENT_BYTES) % EVENT_BUFFER_SIZE;
    }
    registers.write(GEVNTCOUNT.offset, count);
    try {
      for (let word = this.#waiting.shift(); word !== undefined; word = this.#waiting.shift()) handle(word);
    } finally {
      this.#pending = false;
      registers.write(GEVNTSIZ.offset, EVENT_BUFFER_SIZE);
      if (moderation !== 0) {
        registers.write(GEVNTCOUNT.offset, EHB);
        registers.write(DEV_IMOD.offset, moderation);
      }
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#memory.free();
  }
}
