import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { Board } from '@gadgetloom/simulated-board';
import type { EndpointLimits, GadgetController, UsbEndpoint, UsbSpeed } from '@gadgetloom/udc';
import type { BusDevice, Handshake } from '@gadgetloom/udc/bus';
import { AcmeUdcEndpoint } from './acme-udc-endpoint.ts';
import { notImplemented } from './not-implemented.ts';

const control = { control: true, isochronous: false, bulk: false, interrupt: false, in: true, out: true };
const bulkIn = { control: false, isochronous: false, bulk: true, interrupt: true, in: true, out: false };
const bulkOut = { ...bulkIn, in: false, out: true };

const ENDPOINT_0: EndpointLimits = { name: 'ep0', capabilities: control, maxPacketLimit: 64 };

/** The data endpoints of the controller. The number in a name is the address. */
const DATA_ENDPOINTS: readonly EndpointLimits[] = [1, 2, 3, 4].flatMap((number) => [
  { name: `ep${number}in`, capabilities: bulkIn, maxPacketLimit: 512 },
  { name: `ep${number}out`, capabilities: bulkOut, maxPacketLimit: 512 },
]);

/**
 * A simulated controller. The gadget side of the kernel calls it as a driver (GadgetController), and the bus calls it
 * as a chip (BusDevice). The two interfaces define the parameters; add those that a method needs. They also have
 * optional methods: `wakeup`, `frameNumber`, `setSelfPowered` ...
 */
export class AcmeUdcController implements GadgetController, BusDevice {
  readonly driver = 'acme-udc';
  readonly name: string;
  readonly maxSpeed: UsbSpeed = 'high';
  /** Speed of the connection. Set it when the host has reset the bus. */
  readonly speed: UsbSpeed | undefined = undefined;
  /** True if requests may have `sg` instead of `buffer`. With `false`, DMABUFs are refused and bytes are copied. */
  readonly scatterGather: boolean = true;
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];
  protected readonly board: Board;

  /** @param board the bus to connect to, the clock, and memory for DMA */
  constructor(board: Board) {
    this.board = board;
    this.name = board.name;
    this.dmaDevice = board.memory;
    this.ep0 = new AcmeUdcEndpoint(ENDPOINT_0, board.bus);
    this.endpoints = DATA_ENDPOINTS.map((limits) => new AcmeUdcEndpoint(limits, board.bus));
  }

  /** A gadget was bound: keep its driver and the core, and report events to them (udc_start). */
  start(): void {
    throw notImplemented('AcmeUdcController.start', 'bind-configured');
  }

  /** The gadget was unbound: drop both (udc_stop). */
  stop(): void {
    throw notImplemented('AcmeUdcController.stop', 'bind-again');
  }

  /** Connects to the bus or disconnects from it (pullup). */
  pullup(): void {
    throw notImplemented('AcmeUdcController.pullup', 'bind-configured');
  }

  /** The host resets the bus: complete queued requests with -ESHUTDOWN, then tell the core. */
  reset(): void {
    throw notImplemented('AcmeUdcController.reset', 'bind-configured');
  }

  /** The bus is suspended: tell the driver. */
  suspend(): void {
    throw notImplemented('AcmeUdcController.suspend');
  }

  /** The bus is resumed: tell the driver. */
  resume(): void {
    throw notImplemented('AcmeUdcController.resume');
  }

  /**
   * A control request: answer SET_ADDRESS and endpoint halts, pass all others to the driver, and STALL those that it
   * refuses.
   */
  setup(): Handshake {
    throw notImplemented('AcmeUdcController.setup', 'bind-configured');
  }

  /** The host reads: move bytes from the first request of the endpoint to the transfer. NAK without a request. */
  in(): Handshake {
    throw notImplemented('AcmeUdcController.in', 'transfer-in');
  }

  /** The host writes: move bytes from the transfer to the first request of the endpoint. NAK without a request. */
  out(): Handshake {
    throw notImplemented('AcmeUdcController.out', 'transfer-out');
  }
}
