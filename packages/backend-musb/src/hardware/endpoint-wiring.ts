import type { Interrupts } from './interrupts.ts';

/** The connections of one direction of an endpoint inside the chip. */
export interface EndpointWiring {
  readonly interrupts: Interrupts;
  /** Tells the host to try again. @param address with the direction bit */
  ready(address: number): void;
  /** Asks for data: the transmit FIFO of an endpoint has room. */
  fill(endpoint: number): void;
  /** Asks DMA to take a packet: the receive FIFO of an endpoint has one. */
  drain(endpoint: number): void;
}
