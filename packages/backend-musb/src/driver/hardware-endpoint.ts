import type { MusbEndpoint } from './musb-endpoint.ts';

/** An endpoint of the chip, with the state of both directions (struct musb_hw_ep). */
export class HardwareEndpoint {
  readonly number: number;
  /** True if one FIFO serves both directions. The IN half then serves either. */
  shared = false;
  transmitDouble = false;
  receiveDouble = false;
  /** Bytes of the largest packet; 0 without FIFO. */
  maxTransmit = 0;
  maxReceive = 0;
  in: MusbEndpoint | undefined = undefined;
  out: MusbEndpoint | undefined = undefined;

  constructor(number: number) {
    this.number = number;
  }

  /** The half that receives on this endpoint. */
  get receiver(): MusbEndpoint | undefined {
    return this.shared ? this.in : this.out;
  }
}
