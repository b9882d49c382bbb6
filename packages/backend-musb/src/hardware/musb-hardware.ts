import type { Clock, TraceSink } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import { Maxp } from '../registers/endpoint-registers.ts';
import {
  type InterruptLine,
  OMAP3_SILICON,
  type RegisterSpace,
  type SiliconConfiguration,
} from '../registers/register-space.ts';
import { ControlEndpoint } from './control-endpoint.ts';
import { DmaController } from './dma-controller.ts';
import { EndpointFifos } from './endpoint-fifos.ts';
import type { EndpointWiring } from './endpoint-wiring.ts';
import { Interrupts } from './interrupts.ts';
import { ReceiveEndpoint } from './receive-endpoint.ts';
import { RegisterFile } from './register-file.ts';
import { TransmitEndpoint } from './transmit-endpoint.ts';
import { UsbLink } from './usb-link.ts';

const CONTROL_PACKET = 64;

/** The options of a {@link MusbHardware}: its connections and its silicon. */
export interface MusbHardwareOptions {
  /** The cable. */
  readonly bus: UsbBus;
  readonly clock: Clock;
  /** The memory that the DMA controller can reach. */
  readonly memory: DmaMemory;
  /**
   * Called when a line goes high or gets another cause, possibly from inside a register access: callers must run the
   * driver later. The line stays high until the driver reads the register that clears it.
   */
  readonly interrupt: (line: InterruptLine) => void;
  readonly trace?: TraceSink | undefined;
  /** The device's name in traces. */
  readonly name?: string;
  /** Parameters of the silicon; {@link OMAP3_SILICON} by default. */
  readonly silicon?: SiliconConfiguration;
  /** True: the chip loses the interrupt of the first reset of each connection. */
  readonly losesResetInterrupt?: boolean;
}

/**
 * A MUSBMHDRC in peripheral mode, with the Inventra DMA controller. Software reaches it only through registers, memory,
 * interrupt lines and the bus. Isochronous endpoints answer NAK where real ones send nothing or lose a packet, because
 * a bus without time has no microframes to miss.
 */
export class MusbHardware implements BusDevice {
  /** The registers, as software accesses them. */
  readonly registers: RegisterSpace;
  readonly #file: RegisterFile;
  readonly #link: UsbLink;
  readonly #interrupts: Interrupts;
  readonly #dma: DmaController;
  readonly #control: ControlEndpoint;
  readonly #transmit: readonly TransmitEndpoint[];
  readonly #receive: readonly ReceiveEndpoint[];

  constructor(options: MusbHardwareOptions) {
    const { bus, clock, memory, interrupt, trace, name = 'musb', silicon = OMAP3_SILICON } = options;
    const { losesResetInterrupt = false } = options;
    const interrupts = new Interrupts(interrupt);
    const fifos = new EndpointFifos(silicon);
    const wiring: EndpointWiring = {
      interrupts,
      ready: (address) => bus.ready(address),
      fill: (endpoint) => this.#dma.fill(endpoint),
      drain: (endpoint) => this.#dma.drain(endpoint),
    };
    this.#interrupts = interrupts;
    this.#link = new UsbLink({ device: this, bus, clock, trace, interrupts, name, losesResetInterrupt });
    this.#control = new ControlEndpoint(fifos.ram, wiring);
    this.#transmit = fifos.transmit.map((fifo, number) => new TransmitEndpoint(number, fifo, wiring));
    this.#receive = fifos.receive.map((fifo, number) => new ReceiveEndpoint(number, fifo, wiring));
    this.#dma = new DmaController({
      ...{ memory, ram: fifos.ram, transmit: this.#transmit, receive: this.#receive },
      channels: silicon.dmaChannels,
      hardwareVersion: silicon.hardwareVersion,
      interrupt: () => interrupts.raiseDma(),
    });
    this.#file = new RegisterFile({
      ...{ silicon, interrupts, fifos, link: this.#link, dma: this.#dma, control: this.#control },
      transmit: this.#transmit,
      receive: this.#receive,
    });
    this.registers = this.#file;
  }

  /** True while a line is high. */
  asserted(line: InterruptLine): boolean {
    return line === 'core' ? this.#interrupts.pending : this.#dma.pending !== 0;
  }

  /** Returns the programmed packet size of an endpoint in bytes. @param address with the direction bit */
  packetSize(address: number): number {
    const number = address & 0x0f;
    if (number === 0) return CONTROL_PACKET;
    const endpoint = (address & USB_DIR_IN) !== 0 ? this.#transmit[number] : this.#receive[number];
    return (endpoint?.maxp ?? 0) & Maxp.PACKET || CONTROL_PACKET;
  }

  reset(): void {
    this.#file.reset();
    this.#control.reset();
    for (const endpoint of this.#transmit) endpoint.reset();
    for (const endpoint of this.#receive) endpoint.reset();
    this.#interrupts.enableEndpoints();
    this.#link.reset();
  }

  suspend(): void {
    this.#link.suspend();
  }

  resume(): void {
    this.#link.resume();
  }

  vbusChanged(on: boolean): void {
    this.#link.vbusChanged(on);
  }

  setup(packet: SetupPacket): Handshake {
    return this.#link.active ? this.#control.setup(packet) : Handshake.TIMEOUT;
  }

  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    if (!this.#link.active) return Handshake.TIMEOUT;
    if (endpoint === 0) return this.#control.in(transfer, budget);
    return this.#transmit[endpoint]?.send(transfer, budget) ?? Handshake.TIMEOUT;
  }

  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    if (!this.#link.active) return Handshake.TIMEOUT;
    if (endpoint === 0) return this.#control.out(transfer, budget);
    return this.#receive[endpoint]?.receive(transfer, budget) ?? Handshake.TIMEOUT;
  }
}
