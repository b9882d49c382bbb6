import type { DmaBuf } from '@gadgetloom/dmabuf';

/** A queue of buffers, each with the length to transfer. It is a ring that grows when it is full. */
export class BufferLine {
  #buffers: (DmaBuf | undefined)[] = new Array(8).fill(undefined);
  #lengths: number[] = new Array(8).fill(0);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(buffer: DmaBuf, length: number): void {
    if (this.#count === this.#buffers.length) this.#grow();
    const at = (this.#first + this.#count++) & (this.#buffers.length - 1);
    this.#buffers[at] = buffer;
    this.#lengths[at] = length;
  }

  /** Length of the first buffer. The queue must not be empty. */
  get firstLength(): number {
    return this.#lengths[this.#first]!;
  }

  /** Removes the first buffer. Returns `undefined` if the queue is empty. */
  shift(): DmaBuf | undefined {
    if (this.#count === 0) return undefined;
    const buffer = this.#buffers[this.#first];
    this.#buffers[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#buffers.length - 1);
    this.#count--;
    return buffer;
  }

  #grow(): void {
    const places = this.#buffers.length;
    const split = this.#first;
    this.#buffers = [
      ...this.#buffers.slice(split),
      ...this.#buffers.slice(0, split),
      ...new Array(places).fill(undefined),
    ];
    this.#lengths = [...this.#lengths.slice(split), ...this.#lengths.slice(0, split), ...new Array(places).fill(0)];
    this.#first = 0;
  }
}
