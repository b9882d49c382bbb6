import type { BusDevice, UsbBus } from '../bus/bus.ts';
import type { UsbSpeed } from '../chapter9.ts';

/** A host end of the cable that does nothing by itself and records its calls. */
export class QuietBus implements UsbBus {
  readonly maxSpeed: UsbSpeed;
  /** `'connect high'`, `'ready 81'`, `'wakeup'`, `'disconnect'`. */
  readonly told: string[] = [];
  /** The connected device. A test calls it as a host would. */
  device: BusDevice | undefined;

  constructor(maxSpeed: UsbSpeed = 'super') {
    this.maxSpeed = maxSpeed;
  }

  connect(device: BusDevice, speed: UsbSpeed): void {
    this.device = device;
    this.told.push(`connect ${speed}`);
  }

  disconnect(): void {
    this.device = undefined;
    this.told.push('disconnect');
  }

  ready(address: number): void {
    this.told.push(`ready ${address.toString(16)}`);
  }

  wakeup(): void {
    this.told.push('wakeup');
  }
}
