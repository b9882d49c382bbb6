/** Memory for one piece of data on its way between a block store and the host. */
export interface PipeBuffer {
  /** Its bytes. They belong to the disk until they are sent, and again once they were received. */
  readonly bytes: Uint8Array;
}

/**
 * The two bulk endpoints of a disk, as its protocol uses them. An implementation moves bytes through FunctionFS, through
 * requests of a simulated controller, or through a test.
 *
 * Transfers of one endpoint go in the order of their calls. A call whose transfer cannot be completed rejects:
 * with ECONNRESET after {@link cancel}, and otherwise with what the endpoint answers. It has ended then.
 */
export interface BulkPipes {
  /** Bytes of a buffer. A multiple of the block size and of every packet size. */
  readonly bufferSize: number;
  /** Buffers, at least two. That many pieces of data may be on their way at a time. */
  readonly buffers: number;
  /** Takes a buffer, and waits for one if all are in use. Who took it gives it back with `send` or {@link release}. */
  take(): Promise<PipeBuffer>;
  /** Gives a buffer back without sending it. */
  release(buffer: PipeBuffer): void;
  /**
   * Sends the first `length` bytes. The buffer is free again when that has ended, in whichever way.
   *
   * @param zero ends the data stage: a zero-length packet follows if the last packet is full
   */
  send(buffer: PipeBuffer, length: number, zero: boolean): Promise<void>;
  /**
   * Receives up to `length` bytes into a buffer, which is free again if that fails.
   *
   * @returns bytes received; fewer than `length` if the host ended with a short packet
   */
  receive(buffer: PipeBuffer, length: number): Promise<number>;
  /** Sends a few bytes: a status. They are copied before the call returns. */
  sendSmall(bytes: Uint8Array): Promise<void>;
  /** Receives one transfer where a command is expected: everything up to a short packet, and more than 31 bytes if so. */
  receiveSmall(): Promise<Uint8Array>;
  /**
   * Halts an endpoint. Nothing is on its way on it.
   *
   * @param wedge only a reset of the protocol ends the halt, where the controller can do that
   */
  halt(direction: 'in' | 'out', wedge: boolean): Promise<void>;
  /** Ends the halts, as after a reset of the protocol. */
  clearHalts(): Promise<void>;
  /** Cancels everything that is on its way, and waits for its end. Afterwards the endpoints hold no bytes. */
  cancel(): Promise<void>;
}
