import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { Direction, EndpointDescriptor } from '@gadgetloom/udc';
import type { EndpointDefinition } from '../definition/definition.ts';

/**
 * An endpoint of a stack: the endpoint file and its name in the gadget. It counts the buffers and transfers that the
 * stack must release before it closes the file.
 */
export class StackEndpoint<Dir extends Direction = Direction> implements EndpointFile {
  /** Full name in the gadget: `'stream.samples'`. */
  readonly gadgetName: string;
  readonly definition: EndpointDefinition;
  readonly direction: Dir;
  /** Ends waiting calls, if the file can do that. */
  readonly interrupt?: () => void;
  readonly #file: EndpointFile;
  /** How often each buffer is attached. */
  readonly #attached = new Map<OpenFile, number>();
  #stopped = false;

  constructor(gadgetName: string, definition: EndpointDefinition, file: EndpointFile) {
    this.gadgetName = gadgetName;
    this.definition = definition;
    this.direction = definition.direction as Dir;
    this.#file = file;
    if (file.interrupt) this.interrupt = () => file.interrupt?.();
  }

  get name(): string {
    return this.#file.name;
  }

  get fd(): number {
    return this.#file.fd;
  }

  get nonblock(): boolean {
    return this.#file.nonblock;
  }

  set nonblock(on: boolean) {
    this.#file.nonblock = on;
  }

  /** True while the stack closes and after: the endpoint starts nothing new. */
  get closing(): boolean {
    return this.#stopped;
  }

  attach(buffer: OpenFile): void {
    this.#open.attach(buffer);
    this.#count(buffer);
  }

  async attachBlocking(buffer: OpenFile): Promise<void> {
    await this.#open.attachBlocking(buffer);
    this.#count(buffer);
  }

  /** Does nothing for a buffer that the closing stack has already detached. */
  detach(buffer: OpenFile): void {
    const count = this.#attached.get(buffer) ?? 0;
    if (this.#stopped && count === 0) return;
    this.#file.detach(buffer);
    if (count > 1) this.#attached.set(buffer, count - 1);
    else this.#attached.delete(buffer);
  }

  transfer(buffer: OpenFile, length: number, flags?: number): DmaFence {
    return this.#open.transfer(buffer, length, flags);
  }

  transferBlocking(buffer: OpenFile, length: number, flags?: number): Promise<DmaFence> {
    return this.#call((file) => file.transferBlocking(buffer, length, flags));
  }

  read(into: Uint8Array): Promise<number> {
    return this.#call((file) => file.read(into));
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#call((file) => file.write(bytes));
  }

  fifoStatus(): Promise<number> {
    return this.#call((file) => file.fifoStatus());
  }

  fifoFlush(): Promise<void> {
    return this.#call((file) => file.fifoFlush());
  }

  clearHalt(): Promise<void> {
    return this.#call((file) => file.clearHalt());
  }

  endpointRevmap(): Promise<number> {
    return this.#call((file) => file.endpointRevmap());
  }

  endpointDescriptor(): Promise<EndpointDescriptor> {
    return this.#call((file) => file.endpointDescriptor());
  }

  ioctl(name: string): Promise<number> {
    return this.#call((file) => file.ioctl(name));
  }

  /** Closes the file, which cancels transfers in flight. The stack closes it later, when they have ended. */
  close(): void {
    this.#attached.clear();
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** From now on every call but detach and close fails with ENODEV, as on a function that is gone. */
  stop(): void {
    this.#stopped = true;
  }

  settle(timeout?: number): Promise<number> {
    return this.#file.settle(timeout);
  }

  /**
   * Detaches a buffer as often as it is attached. If its descriptor is closed, the kernel detaches it with the endpoint
   * file.
   */
  release(buffer: OpenFile): void {
    while (this.#attached.has(buffer)) {
      if (buffer.fd < 0 || this.#file.fd < 0) this.#attached.delete(buffer);
      else this.detach(buffer);
    }
  }

  /** {@link release} for every buffer. */
  releaseAll(): void {
    for (const buffer of [...this.#attached.keys()]) this.release(buffer);
  }

  /** Returns the file while the stack is open. @throws KernelError ENODEV the stack is closing */
  get #open(): EndpointFile {
    if (this.#stopped) throw new KernelError('ENODEV', `use ${this.gadgetName}`, 'the stack is closing.');
    return this.#file;
  }

  #call<T>(call: (file: EndpointFile) => Promise<T>): Promise<T> {
    try {
      return call(this.#open);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #count(buffer: OpenFile): void {
    this.#attached.set(buffer, (this.#attached.get(buffer) ?? 0) + 1);
  }
}
