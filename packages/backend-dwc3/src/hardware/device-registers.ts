import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { DeviceEvent, deviceEventWord } from '../registers/event.ts';
import { get, put } from '../registers/field.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import type { EventRing } from './event-ring.ts';
import type { FrameCounter } from './frame-counter.ts';
import { type Link, speedOfCode } from './link.ts';
import type { RegisterFile } from './register-file.ts';

const { DCFG, DCTL, DEVTEN, DSTS, DGCMD, DALEPENA } = DEVICE_REGISTERS;
const { GCTL, GUSB2PHYACC, GDBGFIFOSPACE, GTXFIFOSIZ, GRXFIFOSIZ } = GLOBAL_REGISTERS;
/** Queues of GDBGFIFOSPACE.TYPE. */
const TX_FIFO = 0;
const RX_FIFO = 1;

/** Effects of device registers on the rest of the core. */
export interface DeviceEffects {
  /** DALEPENA was written. */
  enable(endpoints: number): void;
  /** DCTL.CSFTRST. */
  reset(): void;
}

/** The device registers that do more than hold a value: running, link, status, generic commands. */
export class DeviceRegisters {
  readonly #registers: RegisterFile;
  readonly #link: Link;
  readonly #events: EventRing;
  readonly #frames: FrameCounter;
  readonly #effects: DeviceEffects;

  constructor(registers: RegisterFile, link: Link, events: EventRing, frames: FrameCounter, effects: DeviceEffects) {
    this.#registers = registers;
    this.#link = link;
    this.#events = events;
    this.#frames = frames;
    this.#effects = effects;
  }

  read(offset: number): number {
    if (offset === DSTS.offset) return this.#status();
    if (offset === GDBGFIFOSPACE.offset) return this.#fifoSpace();
    return this.#registers.read(offset);
  }

  /** A register that holds its new value already was written. @param word what was written */
  written(offset: number, word: number): void {
    switch (offset) {
      case DCTL.offset:
        this.#control(word);
        break;
      case DEVTEN.offset:
        this.#link.enabledEvents = word;
        this.#events.reportsOverflow = get(DEVTEN.fields.EVNTOVERFLOWEN, word) === 1;
        break;
      case DALEPENA.offset:
        this.#effects.enable(word);
        break;
      case DGCMD.offset:
        this.#command(word);
        break;
      case GCTL.offset:
        if (get(GCTL.fields.CORESOFTRESET, word) === 1) this.#softReset();
        break;
      case GUSB2PHYACC.offset:
        // No PHY register is behind it: a request is done at once.
        this.#registers.store(offset, (word & ~GUSB2PHYACC.fields.NEWREGREQ.mask) | GUSB2PHYACC.fields.DONE.mask);
        break;
    }
  }

  #control(word: number): void {
    if (get(DCTL.fields.CSFTRST, word) === 1) this.#softReset();
    if (get(DCTL.fields.RUN_STOP, word) === 1) {
      this.#link.run(speedOfCode(get(DCFG.fields.DEVSPD, this.#registers.read(DCFG.offset))));
    } else this.#link.halt();
    const request = get(DCTL.fields.ULSTCHNGREQ, word);
    if (request !== 0) this.#link.request(request);
  }

  #softReset(): void {
    this.#link.halt();
    this.#effects.reset();
    const control = this.#registers.read(DCTL.offset);
    this.#registers.store(DCTL.offset, control & ~DCTL.fields.RUN_STOP.mask);
  }

  #status(): number {
    const { fields } = DSTS;
    // The core halts once it was told to and its events were taken.
    const halted = !this.#link.running && this.#events.count === 0;
    return (
      (put(fields.CONNECTSPD, this.#link.speedCode) |
        put(fields.SOFFN, this.#frames.count & 0x3fff) |
        fields.RXFIFOEMPTY.mask |
        put(fields.USBLNKST, this.#link.state) |
        (halted ? fields.DEVCTRLHLT.mask : 0) |
        (this.#link.running ? 0 : fields.COREIDLE.mask)) >>>
      0
    );
  }

  #fifoSpace(): number {
    const word = this.#registers.read(GDBGFIFOSPACE.offset);
    const type = get(GDBGFIFOSPACE.fields.TYPE, word);
    const number = get(GDBGFIFOSPACE.fields.NUM, word);
    let space = 0x10;
    if (type === TX_FIFO) space = this.#registers.read(GTXFIFOSIZ.offset + 4 * (number & 0xf)) & 0xffff;
    if (type === RX_FIFO) space = this.#registers.read(GRXFIFOSIZ.offset) & 0xffff;
    return (word | put(GDBGFIFOSPACE.fields.SPACE_AVAILABLE, space)) >>> 0;
  }

  /** A generic command: there is nothing that it would have to wait for, and none fails. */
  #command(word: number): void {
    this.#registers.store(DGCMD.offset, word & (DGCMD.fields.CMDTYP.mask | DGCMD.fields.CMDIOC.mask));
    const asked = get(DGCMD.fields.CMDIOC, word) === 1;
    const enabled = get(DEVTEN.fields.CMDCMPLTEN, this.#registers.read(DEVTEN.offset)) === 1;
    if (asked && enabled) this.#events.push(deviceEventWord(DeviceEvent.COMMAND_COMPLETE));
  }
}
