import type { LogicalUnit, Medium } from './logical-unit.ts';
import type { Personality } from './personality.ts';

/** What a command moves between host and medium once it was accepted. */
export type Outcome =
  /** Nothing. */
  | { readonly kind: 'done' }
  /** An answer to the host. */
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  /** Blocks to the host, from byte `at` of the medium on. */
  | { readonly kind: 'read'; readonly medium: Medium; readonly at: number }
  /** Blocks from the host. `stable`: the command ends when they are on stable storage. */
  | { readonly kind: 'write'; readonly medium: Medium; readonly at: number; readonly stable: boolean }
  /** Blocks from the host, which are compared with the medium. */
  | { readonly kind: 'compare'; readonly medium: Medium; readonly at: number }
  /** Parameters from the host. `take` gets all that came, and throws a CheckCondition if they cannot be. */
  | { readonly kind: 'parameters'; readonly take: (bytes: Uint8Array) => Promise<void> };

/** A command that has arrived for a unit. */
export interface CommandContext {
  /** 16 bytes. */
  readonly cdb: Uint8Array;
  readonly unit: LogicalUnit;
  /** How many units there are. */
  readonly units: readonly number[];
  readonly personality: Personality;
}

/** One row of a table of commands. */
export interface ScsiCommand {
  /** As the standards call it. */
  readonly name: string;
  /** Bytes of the CDB. */
  readonly length: number;
  /** Where its data goes; `'none'` also where the CDB says that there is none. */
  readonly direction: 'in' | 'out' | 'none';
  /** Bit n: byte n of the CDB may be other than 0. */
  readonly mask: number;
  /** There must be a medium. */
  readonly needsMedium?: boolean;
  /** Only CD drives know it. */
  readonly cdrom?: boolean;
  /** A pending unit attention does not stop it, and another unit's number is no error. */
  readonly anyUnit?: boolean;
  /** What the CDB says of the data, in bytes or in blocks; 0 unless given. */
  readonly size?: (cdb: Uint8Array) => number;
  /** `size` counts blocks. */
  readonly inBlocks?: boolean;
  /** `size` is the most that the host takes: the answer may be shorter. */
  readonly allocation?: boolean;
  /** Does it. @throws CheckCondition it cannot be done */
  readonly run: (context: CommandContext) => Outcome | Promise<Outcome>;
  /** The answer where there is no such unit; the command fails without. */
  readonly withoutUnit?: () => Outcome;
}

/** The commands of a disk, by operation code. A list: the service action in byte 1 chooses. */
export type CommandTable = ReadonlyMap<number, ScsiCommand | ReadonlyMap<number, ScsiCommand>>;

/** Nothing to move. */
export const DONE: Outcome = { kind: 'done' };

/** An answer. */
export const reply = (bytes: Uint8Array): Outcome => ({ kind: 'reply', bytes });

/** A view of the bytes, for numbers of more than one of them. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Sizes that CDBs say. */
export const u8At =
  (at: number) =>
  (cdb: Uint8Array): number =>
    cdb[at]!;
export const u16At =
  (at: number) =>
  (cdb: Uint8Array): number =>
    viewOf(cdb).getUint16(at);
export const u32At =
  (at: number) =>
  (cdb: Uint8Array): number =>
    viewOf(cdb).getUint32(at);
