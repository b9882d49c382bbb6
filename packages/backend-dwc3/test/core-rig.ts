import { VirtualClock } from '@gadgetloom/core';
import { type CoherentMemory, DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { SetupPacket, UsbSpeed } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { handshakeName, QuietBus } from '@gadgetloom/udc/testing';
import { Dwc3Hardware, type Dwc3HardwareOptions } from '../src/hardware/dwc3-hardware.ts';
import { EndpointCommand } from '../src/registers/command.ts';
import { CONFIG0, CONFIG1 } from '../src/registers/endpoint-configuration.ts';
import { put } from '../src/registers/field.ts';
import { REGISTERS } from '../src/registers/register-map.ts';
import { TRB_BYTES, TRB_CTRL, TRB_SIZE, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../src/registers/trb.ts';

const EVENT_RING = 4096;
const { DEPCMD, DEPCMDPAR0, DEPCMDPAR1, DCTL, DEVTEN, DALEPENA } = REGISTERS;

/** A core without a driver: a test writes its registers and its TRBs. */
export class CoreRig {
  readonly clock = new VirtualClock({ auto: false });
  readonly faults: DmaFault[] = [];
  readonly memory = new DmaAddressSpace({ name: 'core', onFault: (fault) => this.faults.push(fault) });
  readonly bus: QuietBus;
  readonly core: Dwc3Hardware;
  readonly ring: CoherentMemory;
  readonly events: CoherentMemory;
  line = false;
  #position = 0;

  constructor(options: Partial<Dwc3HardwareOptions> & { readonly hostSpeed?: UsbSpeed } = {}) {
    const { hostSpeed, ...rest } = options;
    this.bus = new QuietBus(hostSpeed);
    const interrupt = { raise: () => this.#set(true), lower: () => this.#set(false) };
    this.core = new Dwc3Hardware({ memory: this.memory, interrupt, bus: this.bus, clock: this.clock, ...rest });
    this.ring = this.memory.allocateCoherent(256 * TRB_BYTES);
    this.events = this.memory.allocateCoherent(EVENT_RING);
    this.core.write(REGISTERS.GEVNTADRLO.offset, this.events.dmaAddress);
    this.core.write(REGISTERS.GEVNTSIZ.offset, EVENT_RING);
    this.core.write(DEVTEN.offset, 0x1fff);
  }

  #set(asserted: boolean): void {
    this.line = asserted;
  }

  command(endpoint: number, word: number, parameter0 = 0, parameter1 = 0): number {
    const at = (offset: number): number => offset + endpoint * DEPCMD.stride;
    this.core.write(at(DEPCMDPAR0.offset), parameter0);
    this.core.write(at(DEPCMDPAR1.offset), parameter1);
    this.core.write(at(DEPCMD.offset), word | DEPCMD.fields.CMDACT.mask);
    return this.core.read(at(DEPCMD.offset));
  }

  /** Configures a physical endpoint, gives it a resource and enables it. */
  enable(endpoint: number, maxPacket = 1024, type = 2, extra = 0): void {
    const events = endpoint > 1 ? CONFIG1.XFER_IN_PROGRESS_EN.mask : CONFIG1.XFER_COMPLETE_EN.mask;
    this.command(
      endpoint,
      EndpointCommand.SET_CONFIG,
      put(CONFIG0.EP_TYPE, type) | put(CONFIG0.MAX_PACKET_SIZE, maxPacket),
      put(CONFIG1.EP_IN, endpoint & 1) | put(CONFIG1.EP_NUMBER, endpoint >> 1) | events | extra,
    );
    this.command(endpoint, EndpointCommand.SET_TRANSFER_RESOURCE, 1);
    this.core.write(DALEPENA.offset, this.core.read(DALEPENA.offset) | (1 << endpoint));
  }

  /** Writes a TRB. */
  trb(
    index: number,
    address: number,
    size: number,
    control: number = TrbCtrl.IOC,
    type: number = TrbType.NORMAL,
  ): void {
    const view = new DataView(this.ring.memory.buffer, this.ring.memory.byteOffset + index * TRB_BYTES, TRB_BYTES);
    view.setUint32(0, address >>> 0, true);
    view.setUint32(4, Math.floor(address / 2 ** 32), true);
    view.setUint32(TRB_SIZE, size, true);
    view.setUint32(TRB_CTRL, control | (type << TRB_TYPE_SHIFT) | TrbCtrl.HWO, true);
  }

  /** What is left of a TRB's bytes, and whether the hardware still owns it. */
  trbState(index: number): { left: number; status: number; owned: boolean } {
    const view = new DataView(this.ring.memory.buffer, this.ring.memory.byteOffset + index * TRB_BYTES, TRB_BYTES);
    const size = view.getUint32(TRB_SIZE, true);
    return {
      left: size & 0xffffff,
      status: size >>> 28,
      owned: (view.getUint32(TRB_CTRL, true) & TrbCtrl.HWO) !== 0,
    };
  }

  start(endpoint: number, index = 0): number {
    const address = this.ring.dmaAddress + index * TRB_BYTES;
    return this.command(endpoint, EndpointCommand.START_TRANSFER, 0, address);
  }

  /** Memory that the core can reach. */
  map(bytes: Uint8Array): number {
    return this.memory.mapSingle(bytes, 0, bytes.length, 'bidirectional');
  }

  run(): void {
    this.core.write(DCTL.offset, this.core.read(DCTL.offset) | DCTL.fields.RUN_STOP.mask);
  }

  /** Runs, and the host resets the bus; the events of both are taken. */
  connect(): this {
    this.run();
    this.core.reset();
    this.takeEvents();
    return this;
  }

  /** The events since the last time, as hexadecimal words; acknowledges them. */
  takeEvents(): string[] {
    const count = this.core.read(REGISTERS.GEVNTCOUNT.offset) & 0xfffc;
    const view = new DataView(this.events.memory.buffer, this.events.memory.byteOffset, EVENT_RING);
    const words = Array.from({ length: count / 4 }, () => {
      const word = view.getUint32(this.#position, true);
      this.#position = (this.#position + 4) % EVENT_RING;
      return word.toString(16);
    });
    this.core.write(REGISTERS.GEVNTCOUNT.offset, count);
    return words;
  }

  in(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.core.in(endpoint, transfer, budget));
  }

  out(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.core.out(endpoint, transfer, budget));
  }

  setup(packet: SetupPacket): string {
    return handshakeName(this.core.setup(packet));
  }
}
