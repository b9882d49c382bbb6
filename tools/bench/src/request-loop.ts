import type { GadgetDriver, UsbEndpoint, UsbRequest, UsbSpeed } from '@gadgetloom/udc';
import type { BusPipe } from './bus-host.ts';

/** A gadget driver for a controller whose data endpoints alone are of interest. */
export const silentDriver = (maxSpeed: UsbSpeed): GadgetDriver => ({
  ...{ function: 'bench', maxSpeed },
  setup: () => 0,
  disconnect() {},
  reset() {},
  suspend() {},
  resume() {},
});

/** Requests on an endpoint that are queued again as soon as they are complete, and the host that serves them. */
export class RequestLoop {
  readonly #endpoint: UsbEndpoint;
  readonly #pipe: BusPipe;
  readonly #requests: readonly UsbRequest[];
  #queue = 0;
  #open = 0;
  #done: () => void = () => {};

  constructor(endpoint: UsbEndpoint, pipe: BusPipe, requests: readonly UsbRequest[]) {
    this.#endpoint = endpoint;
    this.#pipe = pipe;
    this.#requests = requests;
    for (const request of requests) {
      request.context = this;
      request.complete = completed;
    }
  }

  /** Moves so many requests. */
  start(transfers: number, done: () => void): void {
    this.#done = done;
    this.#open = Math.min(transfers, this.#requests.length);
    this.#queue = transfers - this.#open;
    for (const request of this.#requests.slice(0, this.#open)) this.#endpoint.queue(request);
    this.#pipe.want(transfers);
  }

  completed(request: UsbRequest): void {
    if (request.status !== 0) throw new Error(`the request ended with ${request.status}`);
    if (this.#queue > 0) {
      this.#queue--;
      this.#endpoint.queue(request);
    } else if (--this.#open === 0) this.#done();
  }
}

/** The same function for all, as a driver has it. */
function completed(_: UsbEndpoint, request: UsbRequest): void {
  (request.context as RequestLoop).completed(request);
}

/** Moves so many requests in all, as many on each endpoint. */
export function runLoops(loops: readonly RequestLoop[], transfers: number): Promise<void> {
  return new Promise((resolve) => {
    let open = loops.length;
    const done = (): void => {
      if (--open === 0) resolve();
    };
    for (const loop of loops) loop.start(Math.max(1, Math.round(transfers / loops.length)), done);
  });
}
