import { domError } from './dom-errors.ts';

/**
 * Which changes of a device's state are under way. Browsers refuse a second change meanwhile, and everything that
 * depends on the state; the specification leaves it open. Source: Blink, usb_device.cc.
 */
export class StateChanges {
  #device = false;
  readonly #interfaces = new Set<number>();

  /** @throws DOMException InvalidStateError the device is being opened, closed or configured */
  expectNoneOfDevice(): void {
    if (this.#device) throw domError('InvalidStateError', 'An operation that changes the device state is in progress.');
  }

  /** @throws DOMException InvalidStateError the interface is being claimed, released or switched */
  expectNoneOfInterface(number: number): void {
    if (this.includesInterface(number)) throw interfaceBusy();
  }

  /** @throws DOMException InvalidStateError an interface is being claimed, released or switched */
  expectNoneOfInterfaces(): void {
    if (this.#interfaces.size > 0) throw interfaceBusy();
  }

  includesInterface(number: number): boolean {
    return this.#interfaces.has(number);
  }

  async ofDevice(work: () => Promise<void>): Promise<void> {
    this.#device = true;
    try {
      await work();
    } finally {
      this.#device = false;
    }
  }

  async ofInterface(number: number, work: () => Promise<void>): Promise<void> {
    this.#interfaces.add(number);
    try {
      await work();
    } finally {
      this.#interfaces.delete(number);
    }
  }
}

function interfaceBusy(): DOMException {
  return domError('InvalidStateError', 'An operation that changes interface state is in progress.');
}
