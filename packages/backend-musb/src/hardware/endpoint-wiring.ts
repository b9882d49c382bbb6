import type { Interrupts } from './interrupts.ts';

/** What one direction of an endpoint is connected to inside the chip. */
export interface EndpointWiring {
  readonly interrupts: Interrupts;
  /** The host may try again. @param address with the direction bit */
  ready(address: number): void;
  /** The transmit FIFO of an endpoint has room, and asks for data. */
  fill(endpoint: number): void;
  /** The receive FIFO of an endpoint has a packet, and asks for it to be taken. */
  drain(endpoint: number): void;
}
