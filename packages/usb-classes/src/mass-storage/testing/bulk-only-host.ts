import { CSW_LENGTH, decodeStatus, encodeCommand } from '../bulk-only/wrappers.ts';

/** The bulk endpoints of a disk as its host has them. */
export interface HostPipes {
  /** Sends one transfer. False: the endpoint is halted. */
  send(bytes: Uint8Array): Promise<boolean>;
  /** Receives up to `length` bytes, until a short packet. `undefined`: the endpoint is halted. */
  receive(length: number): Promise<Uint8Array | undefined>;
  /** CLEAR_FEATURE(ENDPOINT_HALT). */
  clearHalt(direction: 'in' | 'out'): Promise<void>;
  /** Bulk-Only Mass Storage Reset. */
  reset(): Promise<void>;
}

/** A command for {@link BulkOnlyHost.command}. Without `in` and `out` it moves no data. */
export interface HostCommand {
  /** The CDB: 1 to 16 bytes. */
  readonly cdb: readonly number[];
  /** 0 unless given. */
  readonly unit?: number;
  /** Bytes to receive. */
  readonly in?: number;
  /** Bytes to send. */
  readonly out?: Uint8Array;
}

/** How a command ended. */
export interface CommandResult {
  /** bCSWStatus. */
  readonly status: number;
  readonly residue: number;
  /** What was received. */
  readonly data: Uint8Array;
  /** The disk halted an endpoint in the data stage. */
  readonly stalled: boolean;
}

/** A host of disks that speak the Bulk-Only Transport, for tests. It does what BOT 6 asks of a host. */
export class BulkOnlyHost {
  readonly #pipes: HostPipes;
  #tag = 1;

  constructor(pipes: HostPipes) {
    this.#pipes = pipes;
  }

  /**
   * Does one command. After a phase error it resets the disk, as a host has to.
   *
   * @throws Error the disk does not keep to the protocol
   */
  async command({ cdb, unit = 0, in: wanted, out }: HostCommand): Promise<CommandResult> {
    const tag = this.#tag++;
    const direction = wanted === undefined ? 'out' : 'in';
    const dataLength = wanted ?? out?.length ?? 0;
    const wrapper = encodeCommand({ tag, dataLength, direction, unit, command: Uint8Array.from(cdb) });
    if (!(await this.#pipes.send(wrapper))) {
      await this.recover();
      throw new Error('the disk halted its OUT endpoint instead of taking a command.');
    }
    let data: Uint8Array | undefined = new Uint8Array(0);
    let stalled = false;
    if (dataLength > 0 && wanted !== undefined) {
      data = await this.#pipes.receive(wanted);
      stalled = data === undefined;
    } else if (out !== undefined && out.length > 0) stalled = !(await this.#pipes.send(out));
    if (stalled) await this.#pipes.clearHalt(direction);
    const status = await this.#status(tag);
    if (status.status > 1) await this.recover();
    return { ...status, data: data ?? new Uint8Array(0), stalled };
  }

  /** Reset recovery (BOT, 5.3.4). */
  async recover(): Promise<void> {
    await this.#pipes.reset();
    await this.#pipes.clearHalt('in');
    await this.#pipes.clearHalt('out');
  }

  async #status(tag: number): Promise<{ status: number; residue: number }> {
    let bytes = await this.#pipes.receive(CSW_LENGTH);
    if (bytes === undefined) {
      await this.#pipes.clearHalt('in');
      bytes = await this.#pipes.receive(CSW_LENGTH);
    }
    // Data that ended with a zero-length packet in its own transfer; Linux reads again too (usb_stor_Bulk_transport).
    if (bytes?.length === 0) bytes = await this.#pipes.receive(CSW_LENGTH);
    const status = bytes && decodeStatus(bytes);
    if (status !== undefined && status.tag === tag) return status;
    await this.recover();
    const got = bytes === undefined ? 'a halt' : `${bytes.length} bytes`;
    throw new Error(`the disk answered command ${tag} with ${got} in place of its status.`);
  }
}
