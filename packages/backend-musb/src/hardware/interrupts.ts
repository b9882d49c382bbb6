import { COMMON_REGISTERS } from '../registers/core-registers.ts';
import type { InterruptLine } from '../registers/register-space.ts';

/** The interrupt causes, their enable bits, and the lines that they assert. */
export class Interrupts {
  usb = 0;
  transmit = 0;
  receive = 0;
  usbEnable: number = COMMON_REGISTERS.INTRUSBE.reset;
  transmitEnable: number = COMMON_REGISTERS.INTRTXE.reset;
  receiveEnable: number = COMMON_REGISTERS.INTRRXE.reset;
  readonly #raise: (line: InterruptLine) => void;

  constructor(raise: (line: InterruptLine) => void) {
    this.#raise = raise;
  }

  /** True while the core's line is high. */
  get pending(): boolean {
    return (
      (this.usb & this.usbEnable) !== 0 ||
      (this.transmit & this.transmitEnable) !== 0 ||
      (this.receive & this.receiveEnable) !== 0
    );
  }

  raiseUsb(causes: number): void {
    this.usb |= causes;
    if ((causes & this.usbEnable) !== 0) this.#raise('core');
  }

  /** Raises the cause of a transmit endpoint, or of endpoint 0. */
  raiseTransmit(endpoint: number): void {
    const bit = 1 << endpoint;
    this.transmit |= bit;
    if ((bit & this.transmitEnable) !== 0) this.#raise('core');
  }

  raiseReceive(endpoint: number): void {
    const bit = 1 << endpoint;
    this.receive |= bit;
    if ((bit & this.receiveEnable) !== 0) this.#raise('core');
  }

  raiseDma(): void {
    this.#raise('dma');
  }

  /** Called when more causes may be enabled: asserts the line if one of them is pending. */
  enabled(): void {
    if (this.pending) this.#raise('core');
  }

  /** Enables the causes that a bus reset enables by itself. */
  enableEndpoints(): void {
    this.transmitEnable = COMMON_REGISTERS.INTRTXE.reset;
    this.receiveEnable = COMMON_REGISTERS.INTRRXE.reset;
    this.enabled();
  }
}
