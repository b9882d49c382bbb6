import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import { type Attached, type EndpointFile, EndpointUse } from '@gadgetloom/functionfs';
import type { Direction, EndpointDescriptor } from '@gadgetloom/udc';
import type { EndpointDefinition } from '../definition/definition.ts';
import { type ByteFile, EndpointBytes, type ReceiveOptions, type SendOptions } from './endpoint-bytes.ts';
import type { FunctionState } from './function-state.ts';

/** An endpoint of a stack: its definition in the gadget, and the endpoint file once the gadget is open. */
export class StackEndpoint<Dir extends Direction = Direction> implements EndpointFile, ByteFile {
  /** Full name in the gadget: `'stream.samples'`. */
  readonly gadgetName: string;
  readonly definition: EndpointDefinition;
  readonly direction: Dir;
  #opened: EndpointFile | undefined;
  #descriptor: EndpointDescriptor | undefined;
  readonly #bytes: EndpointBytes;
  /** Those who used the endpoint before the gadget was open, and failed. */
  readonly #early = new EndpointUse();

  /** @param state tells whether the host has enabled the function of the endpoint */
  constructor(gadgetName: string, definition: EndpointDefinition, state: FunctionState) {
    this.gadgetName = gadgetName;
    this.definition = definition;
    this.direction = definition.direction as Dir;
    this.#bytes = new EndpointBytes(this, state);
  }

  /** Takes the endpoint file, once the function has its descriptors. */
  opened(file: EndpointFile): void {
    this.#opened = file;
  }

  /** Reads the descriptor that the host has enabled the endpoint with. */
  async enabled(): Promise<void> {
    this.#descriptor = await this.#opened?.endpointDescriptor().catch(() => undefined);
  }

  get name(): string {
    return this.#file.name;
  }

  /** The descriptor at the current speed, with the address on the bus; `undefined` until a host enabled the function. */
  get descriptor(): EndpointDescriptor | undefined {
    return this.#descriptor;
  }

  /**
   * bEndpointAddress on the bus: the number, and 0x80 for IN. Controllers choose the number, so it is `undefined` until a
   * host has enabled the function (`await stack.enabled()`).
   */
  get address(): number | undefined {
    return this.#descriptor?.address;
  }

  /**
   * Receives one transfer of the host, without a DMABUF. Calls queue. If the host disables the function meanwhile, the
   * call waits until the function is enabled again.
   *
   * @throws InputError the endpoint is IN
   * @throws KernelError ESHUTDOWN the stack is closing; any other error of the endpoint file
   * @throws the reason of `signal`
   */
  receive(options?: ReceiveOptions): Promise<Uint8Array> {
    return this.#bytes.receive(options);
  }

  /**
   * Sends bytes without a DMABUF, and resolves when the host has taken them. Calls queue, and wait until a host has
   * enabled the function.
   *
   * @throws InputError the endpoint is OUT
   * @throws KernelError ESHUTDOWN the host disabled the function before it had taken everything, or the stack is closing
   * @throws the reason of `signal`
   */
  send(bytes: Uint8Array, options?: SendOptions): Promise<void> {
    return this.#bytes.send(bytes, options);
  }

  /**
   * Halts the endpoint: the host gets a stall until it clears the halt. {@link clearHalt} does that here.
   *
   * @throws KernelError EAGAIN the function is not enabled, or an IN endpoint has data queued; EINVAL it is isochronous
   */
  halt(): Promise<void> {
    return this.#bytes.halt();
  }

  /** Ends the calls that wait on the file with EINTR. */
  interrupt(): void {
    this.#opened?.interrupt();
  }

  get fd(): number {
    return this.#opened?.fd ?? -1;
  }

  get nonblock(): boolean {
    return this.#file.nonblock;
  }

  set nonblock(on: boolean) {
    this.#file.nonblock = on;
  }

  /** True while the stack closes and after: the endpoint starts nothing new. */
  get closing(): boolean {
    return this.#opened?.closing ?? false;
  }

  get attachments(): readonly Attached[] {
    return this.#opened?.attachments ?? [];
  }

  get use(): EndpointUse {
    return this.#opened?.use ?? this.#early;
  }

  attach(buffer: OpenFile, owner?: object): void {
    this.#file.attach(buffer, owner);
  }

  attachBlocking(buffer: OpenFile, owner?: object): Promise<void> {
    return this.#call((file) => file.attachBlocking(buffer, owner));
  }

  /** Does nothing for a buffer that the closing stack has already detached. */
  detach(buffer: OpenFile, owner?: object): void {
    if (this.closing && !this.attachments.some((attached) => attached.buffer === buffer)) return;
    this.#file.detach(buffer, owner);
  }

  transfer(buffer: OpenFile, length: number, flags?: number): DmaFence {
    return this.#file.transfer(buffer, length, flags);
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
    this.#opened?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  stop(): void {
    this.#opened?.stop();
  }

  settle(timeout?: number): Promise<number> {
    return this.#opened?.settle(timeout) ?? Promise.resolve(0);
  }

  /**
   * Detaches a buffer as often as it is attached, or every buffer if none is given. The kernel detaches buffers whose
   * descriptor is closed when the endpoint file is closed.
   */
  release(only?: OpenFile): void {
    for (const { buffer, owner } of this.attachments)
      if (buffer.fd >= 0 && (only === undefined || buffer === only)) this.#file.detach(buffer, owner);
  }

  /** @throws KernelError ENODEV the gadget is not open yet */
  get #file(): EndpointFile {
    if (this.#opened === undefined)
      throw new KernelError(
        'ENODEV',
        `use ${this.gadgetName}`,
        'the gadget is not open yet: wait until it is enabled.',
      );
    return this.#opened;
  }

  #call<T>(call: (file: EndpointFile) => Promise<T>): Promise<T> {
    try {
      return call(this.#file);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
