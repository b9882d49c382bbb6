/** Bits of the status byte (IEEE 488.2, 11.2; SCPI 1999, volume 1, 9). */
export const StatusByte = {
  /** The error queue has an entry. */
  EAV: 0x04,
  /** Summary of the questionable status. */
  QUES: 0x08,
  /** A response is available. */
  MAV: 0x10,
  /** Summary of the standard event status. */
  ESB: 0x20,
  /** Requests service (read by the host's serial poll), or the summary of the others (`*STB?`). */
  RQS: 0x40,
  /** Summary of the operation status. */
  OPER: 0x80,
} as const;

/** Bits of the standard event status register (IEEE 488.2, 11.5.1). */
export const EventStatus = { OPC: 0x01, QYE: 0x04, DDE: 0x08, EXE: 0x10, CME: 0x20, URQ: 0x40, PON: 0x80 } as const;

/** A condition, the events that it caused, and which of them count. 15 bits. */
export class StatusRegister {
  enable = 0;
  #condition = 0;
  #event = 0;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get condition(): number {
    return this.#condition;
  }

  /** Sets the condition. Bits that were 0 become events. */
  set condition(bits: number) {
    this.#event |= bits & ~this.#condition & 0x7fff;
    this.#condition = bits & 0x7fff;
    this.#changed();
  }

  /** Adds events. */
  raise(bits: number): void {
    this.#event |= bits & 0x7fff;
    this.#changed();
  }

  /** Reads the events, which clears them. */
  take(): number {
    const event = this.#event;
    this.#event = 0;
    this.#changed();
    return event;
  }

  get summary(): boolean {
    return (this.#event & this.enable) !== 0;
  }
}

/** The status model of an instrument. */
export class StatusModel {
  readonly standard = new StatusRegister(() => this.update());
  readonly operation = new StatusRegister(() => this.update());
  readonly questionable = new StatusRegister(() => this.update());
  #serviceEnable = 0;
  #last = 0;
  #requesting = false;
  readonly #sources: { readonly errors: () => boolean; readonly message: () => boolean };
  readonly #request: (statusByte: number) => void;

  /** @param request called when a reason for a service request arises, with the status byte and RQS */
  constructor(
    sources: { readonly errors: () => boolean; readonly message: () => boolean },
    request: (statusByte: number) => void,
  ) {
    this.#sources = sources;
    this.#request = request;
    this.standard.raise(EventStatus.PON);
  }

  /** Which bits of the status byte request service (`*SRE`). */
  get serviceEnable(): number {
    return this.#serviceEnable;
  }

  set serviceEnable(bits: number) {
    this.#serviceEnable = bits & 0xff & ~StatusByte.RQS;
    this.#last = 0;
    this.update();
  }

  /** The status byte as `*STB?` answers it: bit 6 is the summary. */
  get byte(): number {
    const bits = this.#bits();
    return (bits & this.#serviceEnable) === 0 ? bits : bits | StatusByte.RQS;
  }

  /** The status byte as a serial poll reads it: bit 6 says that service was requested, and is cleared. */
  poll(): number {
    const bits = this.#bits() | (this.#requesting ? StatusByte.RQS : 0);
    this.#requesting = false;
    return bits;
  }

  /** Requests service if a reason has arisen since the last call. */
  update(): void {
    const bits = this.#bits();
    const reasons = bits & ~this.#last & this.#serviceEnable;
    this.#last = bits;
    if ((bits & this.#serviceEnable) === 0) this.#requesting = false;
    if (reasons === 0) return;
    this.#requesting = true;
    this.#request(bits | StatusByte.RQS);
  }

  #bits(): number {
    return (
      (this.#sources.errors() ? StatusByte.EAV : 0) |
      (this.questionable.summary ? StatusByte.QUES : 0) |
      (this.#sources.message() ? StatusByte.MAV : 0) |
      (this.standard.summary ? StatusByte.ESB : 0) |
      (this.operation.summary ? StatusByte.OPER : 0)
    );
  }
}
