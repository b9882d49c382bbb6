import { VirtualClock } from '@gadgetloom/core';
import { DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { handshakeName, QuietBus } from '@gadgetloom/udc/testing';
import { MusbHardware } from '../src/hardware/musb-hardware.ts';
import type { InterruptLine, RegisterSpace, SiliconConfiguration } from '../src/registers/register-space.ts';

/** The chip with only what a test looks at. */
export class HardwareRig {
  readonly clock = new VirtualClock({ auto: false });
  readonly bus: QuietBus;
  readonly faults: DmaFault[] = [];
  readonly memory = new DmaAddressSpace({ name: 'musb', onFault: (fault) => this.faults.push(fault) });
  readonly raised: InterruptLine[] = [];
  readonly hardware: MusbHardware;
  readonly registers: RegisterSpace;

  constructor(options: { readonly hostSpeed?: UsbSpeed; readonly silicon?: SiliconConfiguration } = {}) {
    this.bus = new QuietBus(options.hostSpeed);
    this.hardware = new MusbHardware({
      ...{ bus: this.bus, clock: this.clock, memory: this.memory },
      interrupt: (line) => this.raised.push(line),
      ...(options.silicon && { silicon: options.silicon }),
    });
    this.registers = this.hardware.registers;
  }

  /** Pulls up, and lets the host reset the bus. */
  connect(): this {
    this.registers.write8(0x01, 0x60);
    this.hardware.reset();
    this.registers.read8(0x0a);
    this.raised.length = 0;
    return this;
  }

  /** Gives an endpoint two FIFOs of 512 bytes, one per direction, one after the other. */
  fifos(endpoint: number, { double = false } = {}): this {
    const size = double ? 1024 : 512;
    this.registers.write8(0x0e, endpoint);
    this.registers.write8(0x62, double ? 0x16 : 0x06);
    this.registers.write8(0x63, double ? 0x16 : 0x06);
    this.registers.write16(0x64, (64 + (endpoint - 1) * 2 * size) >> 3);
    this.registers.write16(0x66, (64 + (endpoint - 1) * 2 * size + size) >> 3);
    return this;
  }

  in(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.hardware.in(endpoint, transfer, budget));
  }

  out(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.hardware.out(endpoint, transfer, budget));
  }
}
