import type { UsbRequest } from '@gadgetloom/udc';

/** The requests queued on an endpoint, in order. Its room grows when needed and is kept. */
export class RequestRing {
  #slots: (UsbRequest | undefined)[] = new Array<UsbRequest | undefined>(8).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The request that is served next. */
  get first(): UsbRequest | undefined {
    return this.#slots[this.#head];
  }

  push(request: UsbRequest): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = request;
    this.#size++;
  }

  shift(): UsbRequest | undefined {
    const request = this.#slots[this.#head];
    if (request === undefined) return undefined;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    return request;
  }

  /** Takes a request out, wherever it is. False if it is not here. */
  remove(request: UsbRequest): boolean {
    const mask = this.#slots.length - 1;
    for (let place = 0; place < this.#size; place++) {
      if (this.#slots[(this.#head + place) & mask] !== request) continue;
      for (let at = place; at < this.#size - 1; at++)
        this.#slots[(this.#head + at) & mask] = this.#slots[(this.#head + at + 1) & mask];
      this.#slots[(this.#head + this.#size - 1) & mask] = undefined;
      this.#size--;
      return true;
    }
    return false;
  }

  #grow(): void {
    const slots = new Array<UsbRequest | undefined>(this.#slots.length * 2).fill(undefined);
    for (let place = 0; place < this.#size; place++)
      slots[place] = this.#slots[(this.#head + place) & (this.#slots.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
