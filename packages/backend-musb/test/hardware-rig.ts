import { VirtualClock } from '@gadgetloom/core';
import { DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { UsbSpeed } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import { MusbHardware } from '../src/hardware/musb-hardware.ts';
import type { InterruptLine, RegisterSpace, SiliconConfiguration } from '../src/registers/register-space.ts';

/** A bus that does nothing by itself and remembers what it was told. */
export class QuietBus implements UsbBus {
  readonly maxSpeed: UsbSpeed;
  readonly told: string[] = [];
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

/** A transfer of the host. */
export function hostTransfer(data: Uint8Array | number, zeroPacket = false): BusTransfer {
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  return { data: bytes, length: bytes.length, zeroPacket, actual: 0 };
}

/** Bytes that tell where they belong. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 0xff);
}

const HANDSHAKES = Object.fromEntries(Object.entries(Handshake).map(([name, value]) => [value, name]));
export const handshakeName = (handshake: Handshake): string => HANDSHAKES[handshake] ?? String(handshake);

/** The chip with nothing around it but what a test looks at. */
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

  /** Pulls up, and the host resets the bus. */
  connect(): this {
    this.registers.write8(0x01, 0x60);
    this.hardware.reset();
    this.registers.read8(0x0a);
    this.raised.length = 0;
    return this;
  }

  /** Gives an endpoint its FIFOs: 512 bytes in each direction, one behind the other. */
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
