import type { Clock, TraceSink } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import type { InterruptLine } from '@gadgetloom/simulated-board';
import type { SetupPacket } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import type { RegisterSpace } from '../face/register-space.ts';
import type { Quirks } from '../quirks/quirks.ts';
import type { CommandStatus } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import { ControlStages } from './control-stages.ts';
import { Core, type CoreParameters } from './core-parameters.ts';
import { DataMover } from './data-mover.ts';
import { DeviceRegisters } from './device-registers.ts';
import { type CommandEffects, EndpointCommands } from './endpoint-commands.ts';
import { EventRing } from './event-ring.ts';
import { FrameCounter } from './frame-counter.ts';
import { IsochronousSchedule } from './isochronous.ts';
import { Link } from './link.ts';
import { EndpointType, PhysicalEndpoint } from './physical-endpoint.ts';
import { RegisterFile } from './register-file.ts';

const { DEPCMD, DEV_IMOD } = DEVICE_REGISTERS;
const { GEVNTADRLO, GEVNTADRHI, GEVNTSIZ, GEVNTCOUNT, GSTS, GBUSERRADDR0, GBUSERRADDR1 } = GLOBAL_REGISTERS;
const FIRST_ENDPOINT_REGISTER = DEVICE_REGISTERS.DEPCMDPAR2.offset;
const LAST_ENDPOINT_REGISTER = DEPCMD.offset + (DEPCMD.count - 1) * DEPCMD.stride;

/** Options of a {@link Dwc3Hardware}: its connections and its configuration. */
export interface Dwc3HardwareOptions {
  /** Memory, as the core reaches it as a bus master. */
  readonly memory: DmaMemory;
  readonly interrupt: InterruptLine;
  /** The cable. */
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Configuration of the core at synthesis. */
  readonly core?: CoreParameters | undefined;
  /** Errata to have. */
  readonly quirks?: Quirks | undefined;
}

/**
 * The device side of a DesignWare USB 3 core (DWC_usb3) as hardware: registers towards its driver, memory, one interrupt
 * line, and the bus. It does not know who programs it.
 */
export class Dwc3Hardware implements RegisterSpace, BusDevice {
  readonly core: Core;
  readonly events: EventRing;
  readonly link: Link;
  readonly endpoints: readonly PhysicalEndpoint[];
  readonly #registers: RegisterFile;
  readonly #device: DeviceRegisters;
  readonly #commands: EndpointCommands;
  readonly #control: ControlStages;
  readonly #mover: DataMover;
  readonly #schedules: readonly IsochronousSchedule[];
  readonly #bus: UsbBus;
  /** Enabled endpoints by number. */
  readonly #in: (PhysicalEndpoint | undefined)[] = new Array<PhysicalEndpoint | undefined>(16).fill(undefined);
  readonly #out: (PhysicalEndpoint | undefined)[] = new Array<PhysicalEndpoint | undefined>(16).fill(undefined);
  /** An endpoint waits for room in the event ring. */
  #starved = false;

  constructor({ memory, interrupt, bus, clock, trace, core, quirks = {} }: Dwc3HardwareOptions) {
    this.core = new Core(core);
    this.#bus = bus;
    this.#registers = new RegisterFile(this.core.resetValues);
    this.events = new EventRing(memory, interrupt, clock, trace, quirks.unmaskedInterrupt === true);
    const frames = new FrameCounter(clock);
    const { events } = this;
    this.link = new Link({ device: this, bus, events, frames, clock, trace, maxSpeed: this.core.maxSpeed, quirks });
    this.endpoints = Array.from({ length: this.core.endpoints }, (_, index) => new PhysicalEndpoint(index, memory));
    this.#mover = new DataMover(memory, events, (address) => this.#busError(address));
    this.#schedules = this.endpoints.map(
      (endpoint) => new IsochronousSchedule(endpoint, memory, events, frames, clock, (it) => this.#wake(it)),
    );
    this.#control = new ControlStages(this.endpoints[0]!, this.endpoints[1]!, this.#mover, events, memory);
    this.#commands = new EndpointCommands(this.#registers, this.endpoints, events, this.#effects(), clock, trace);
    this.#control.taken = () => {
      this.#commands.resume();
      this.#wake(this.endpoints[0]!);
      this.#wake(this.endpoints[1]!);
    };
    this.#device = new DeviceRegisters(this.#registers, this.link, events, frames, {
      enable: (endpoints) => this.#enable(endpoints),
      reset: () => this.#reset(),
    });
  }

  read(offset: number): number {
    if (offset >= FIRST_ENDPOINT_REGISTER && offset <= LAST_ENDPOINT_REGISTER) return this.#registers.read(offset);
    return offset === GEVNTCOUNT.offset ? this.events.word : this.#device.read(offset);
  }

  write(offset: number, value: number): void {
    const word = value >>> 0;
    if (offset >= FIRST_ENDPOINT_REGISTER && offset <= LAST_ENDPOINT_REGISTER) {
      if ((offset & 0xf) === (DEPCMD.offset & 0xf)) {
        this.#commands.write((offset - DEPCMD.offset) / DEPCMD.stride, word);
      } else this.#registers.write(offset, word);
      return;
    }
    if (offset === GEVNTCOUNT.offset) {
      this.events.acknowledge(word);
      if (this.#starved && !this.events.full) this.#feed();
      return;
    }
    this.#registers.write(offset, word);
    switch (offset) {
      case GEVNTADRLO.offset:
      case GEVNTADRHI.offset:
        this.events.setAddress(this.#registers.read(GEVNTADRLO.offset), this.#registers.read(GEVNTADRHI.offset));
        break;
      case GEVNTSIZ.offset:
        this.events.setSize(word & GEVNTSIZ.fields.SIZE.mask, (word & GEVNTSIZ.fields.INTMASK.mask) !== 0);
        break;
      case DEV_IMOD.offset:
        if (this.core.moderates) this.events.setModeration(word & DEV_IMOD.fields.INTERVAL.mask);
        break;
      default:
        this.#device.written(offset, word);
    }
  }

  reset(): void {
    this.#control.reset();
    this.link.reset();
  }

  suspend(): void {
    this.link.suspend();
  }

  resume(): void {
    this.link.resume();
  }

  vbusChanged(on: boolean): void {
    this.link.power(on, this.#control.setupWaits);
  }

  setup(packet: SetupPacket): Handshake {
    return this.link.answers ? this.#control.setup(packet) : Handshake.TIMEOUT;
  }

  in(number: number, transfer: BusTransfer, budget: number): Handshake {
    const endpoint = this.#in[number];
    if (endpoint === undefined || !this.link.answers) return Handshake.TIMEOUT;
    return this.#exchange(endpoint, transfer, budget);
  }

  out(number: number, transfer: BusTransfer, budget: number): Handshake {
    const endpoint = this.#out[number];
    if (endpoint === undefined || !this.link.answers) return Handshake.TIMEOUT;
    return this.#exchange(endpoint, transfer, budget);
  }

  /** Bytes of a packet of the endpoint at an address; 64 if there is none. */
  packetSize(address: number): number {
    return (address & 0x80 ? this.#in : this.#out)[address & 0x0f]?.maxPacket ?? 64;
  }

  /** Moves what can be moved between an endpoint and the host. */
  #exchange(endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake {
    if (endpoint.index <= 1)
      return endpoint.in ? this.#control.in(transfer, budget) : this.#control.out(transfer, budget);
    if (endpoint.stalled) return Handshake.STALL;
    if (endpoint.type === EndpointType.ISOCHRONOUS) return this.#schedules[endpoint.index]!.serve(transfer);
    const before = transfer.actual;
    const answer = this.#mover.move(endpoint, transfer, budget);
    if (answer === Handshake.NAK) {
      endpoint.flowControlled = true;
      this.#starved ||= this.events.full;
    }
    if (transfer.actual !== before || answer <= Handshake.SHORT) endpoint.countPackets(transfer.actual - before);
    return answer;
  }

  /** The endpoint may answer otherwise now: NAK is over, or ERDY goes out. */
  #wake(endpoint: PhysicalEndpoint): void {
    if (!endpoint.flowControlled) return;
    endpoint.flowControlled = false;
    this.#bus.ready(endpoint.address);
  }

  #feed(): void {
    this.#starved = false;
    for (const endpoint of this.endpoints) this.#wake(endpoint);
  }

  #effects(): CommandEffects {
    const control = (): ControlStages => this.#control;
    return {
      armed: (endpoint) => {
        if (endpoint.index <= 1) control().armed(endpoint);
        else if (endpoint.type === EndpointType.ISOCHRONOUS) this.#schedules[endpoint.index]!.resume();
        this.#wake(endpoint);
      },
      schedule: (endpoint, frame): CommandStatus => this.#schedules[endpoint.index]!.start(frame),
      stall: (endpoint) => {
        if (endpoint.index <= 1) {
          control().stall();
          this.#wake(this.endpoints[0]!);
          this.#wake(this.endpoints[1]!);
          return;
        }
        endpoint.stalled = true;
        this.#wake(endpoint);
      },
      configured: () => this.#route(),
      ended: (endpoint) => {
        this.#schedules[endpoint.index]!.stop();
        // The host comes in every interval, whatever it was answered before.
        if (endpoint.type === EndpointType.ISOCHRONOUS) this.#wake(endpoint);
      },
      get setupWaits() {
        return control().setupWaits;
      },
    };
  }

  /** DALEPENA. @param endpoints one bit for each */
  #enable(endpoints: number): void {
    for (const endpoint of this.endpoints) {
      const enabled = ((endpoints >>> endpoint.index) & 1) === 1;
      if (enabled === endpoint.enabled) continue;
      endpoint.enabled = enabled;
      if (!enabled) this.#wake(endpoint);
    }
    this.#route();
  }

  /** Works out which endpoint answers to which number on the bus. */
  #route(): void {
    this.#in.fill(undefined);
    this.#out.fill(undefined);
    for (const endpoint of this.endpoints) {
      if (endpoint.enabled) (endpoint.in ? this.#in : this.#out)[endpoint.address & 0x0f] ??= endpoint;
    }
  }

  /** DCTL.CSFTRST. */
  #reset(): void {
    this.#enable(0);
    this.#registers.softReset();
    this.#control.reset();
    this.#commands.reset();
    for (const schedule of this.#schedules) schedule.stop();
    for (const endpoint of this.endpoints) endpoint.reset();
    this.events.reset();
  }

  #busError(address: number): void {
    const status = this.#registers.read(GSTS.offset);
    this.#registers.store(GSTS.offset, status | GSTS.fields.BUS_ERR_ADDR_VLD.mask);
    this.#registers.store(GBUSERRADDR0.offset, address >>> 0);
    this.#registers.store(GBUSERRADDR1.offset, Math.floor(address / 2 ** 32));
  }
}
