import { InputError, KernelError } from '@gadgetloom/core';
import { type BlockStore, LogicalUnit, memoryStore, type UnitEvents } from '@gadgetloom/usb-classes/mass-storage';
import { fileStore } from '@gadgetloom/usb-classes/mass-storage/file';
import type { CheckedOptions, CheckedUnit } from './options.ts';

/** Something that happened to a disk. */
export type StorageEvent =
  /** The host has read or written `length` bytes at byte `at`. */
  | { readonly type: 'read' | 'write'; readonly unit: number; readonly at: number; readonly length: number }
  /** Everything that the host has written is on stable storage. */
  | { readonly type: 'flush'; readonly unit: number }
  /** The medium is gone, or another one is there. `by` tells who did it. */
  | { readonly type: 'eject' | 'insert'; readonly unit: number; readonly by: 'host' | 'gadget' }
  /** The host forbids the removal of the medium, or allows it again. */
  | { readonly type: 'lock'; readonly unit: number; readonly locked: boolean }
  /** The store has failed. The host got sense data for that. */
  | { readonly type: 'error'; readonly unit: number; readonly error: unknown };

/** A disk of the function: one logical unit. */
export interface DiskUnit {
  /** Its number on the bus, from 0 on. */
  readonly number: number;
  /** The medium; `undefined` if there is none. */
  readonly store: BlockStore | undefined;
  /** True while the host forbids the removal of the medium. */
  readonly locked: boolean;
  /** Bytes that hosts have read and written, and how often they had everything flushed. */
  readonly counters: { readonly read: number; readonly written: number; readonly flushes: number };
  /**
   * Takes the medium out: flushes and closes it. A command that is being done ends first.
   *
   * @param options `force` does it although the host has locked the medium
   * @throws InputError the unit is not removable
   * @throws KernelError EBUSY the host has locked the medium
   * @throws the error of the flush; the medium is out then as well
   */
  eject(options?: { readonly force?: boolean }): Promise<void>;
  /**
   * Puts a medium in, and takes out the one that was there, as {@link eject} does. The host notices it with its next
   * command.
   *
   * @param medium a store, or the path of a file or block device
   * @throws InputError the unit is not removable, the medium is too small, or its blocks have no usable size
   * @throws KernelError EBUSY the host has locked the medium; what opening the file answers
   */
  insert(medium: BlockStore | string): Promise<void>;
}

/** What `stack.function(NAME)` gives for a disk: its first unit, and all of them. */
export interface MassStorage extends DiskUnit {
  /** All units, by their numbers. */
  readonly units: readonly DiskUnit[];
  /** How blocks move: without a copy, or with one. `undefined` until a host has enabled the function. */
  readonly path: 'dmabuf' | 'copy' | undefined;
  /** Calls back for each event of each unit, until the returned disposable is disposed. */
  onEvent(listener: (event: StorageEvent) => void): Disposable;
}

/** Where the units tell what happens. */
export interface UnitReports {
  readonly tell: (text: string) => void;
  readonly report: (error: unknown) => void;
}

const VENDOR = 'Gadgtlm';
const PRODUCT = 'Disk';
const REVISION = '1.0';

/** The units of one function: they own the media. */
export class DiskUnits implements MassStorage {
  readonly logicalUnits: readonly LogicalUnit[];
  readonly units: readonly DiskUnit[];
  /** Waits until no command is being done. */
  idle: () => Promise<void> = async () => {};
  /** Tells how blocks move. */
  moves: () => MassStorage['path'] = () => undefined;
  readonly #reports: UnitReports;
  readonly #listeners = new Set<(event: StorageEvent) => void>();
  readonly #own = new Set<BlockStore>();

  /** @throws KernelError a file cannot be opened */
  constructor(options: CheckedOptions, reports: UnitReports) {
    this.#reports = reports;
    const counters: Counters[] = [];
    try {
      this.logicalUnits = (options.luns ?? [options]).map((fields, number) => {
        counters.push({ read: 0, written: 0, flushes: 0 });
        return new LogicalUnit(number, unitOptions(fields, this.#medium(fields)), this.#events(counters[number]!));
      });
    } catch (error) {
      void this.close().catch(reports.report);
      throw error;
    }
    this.units = this.logicalUnits.map((unit, number) => this.#unit(unit, counters[number]!));
  }

  get number(): number {
    return 0;
  }

  get path(): MassStorage['path'] {
    return this.moves();
  }

  get store(): BlockStore | undefined {
    return this.units[0]!.store;
  }

  get locked(): boolean {
    return this.units[0]!.locked;
  }

  get counters(): DiskUnit['counters'] {
    return this.units[0]!.counters;
  }

  eject(options?: { readonly force?: boolean }): Promise<void> {
    return this.units[0]!.eject(options);
  }

  insert(medium: BlockStore | string): Promise<void> {
    return this.units[0]!.insert(medium);
  }

  onEvent(listener: (event: StorageEvent) => void): Disposable {
    // The same function may listen twice.
    const own = (event: StorageEvent): void => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Flushes and closes the media that the function has opened, and flushes those of the program. */
  async close(): Promise<void> {
    const media = new Set([...this.#own, ...(this.logicalUnits ?? []).flatMap(({ medium }) => medium?.store ?? [])]);
    const failures: unknown[] = [];
    for (const medium of media) await this.#letGo(medium).catch((error: unknown) => failures.push(error));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Media could not be closed.');
  }

  #unit(unit: LogicalUnit, counters: Counters): DiskUnit {
    return {
      number: unit.number,
      get store() {
        return unit.medium?.store;
      },
      get locked() {
        return unit.locked;
      },
      counters,
      eject: ({ force = false } = {}) => this.#eject(unit, force),
      insert: (medium) => this.#insert(unit, medium),
    };
  }

  async #eject(unit: LogicalUnit, force: boolean): Promise<void> {
    this.#mayExchange(unit, 'eject', force);
    const store = unit.eject('gadget');
    if (store === undefined) return;
    unit.lock(false);
    this.#emit({ type: 'eject', unit: unit.number, by: 'gadget' });
    await this.idle();
    await this.#letGo(store);
  }

  async #insert(unit: LogicalUnit, medium: BlockStore | string): Promise<void> {
    this.#mayExchange(unit, 'insert', false);
    const store = typeof medium === 'string' ? this.#open(medium, unit.readOnly) : medium;
    let before: BlockStore | undefined;
    try {
      before = unit.insert(store);
    } catch (error) {
      if (store !== medium) await this.#letGo(store);
      throw error;
    }
    this.#emit({ type: 'insert', unit: unit.number, by: 'gadget' });
    if (before === undefined || before === store) return;
    await this.idle();
    await this.#letGo(before);
  }

  #mayExchange(unit: LogicalUnit, what: string, force: boolean): void {
    const who = `${what} the medium of unit ${unit.number}`;
    if (!unit.removable) throw new InputError(`cannot ${who}: it is not removable; define it with removable: true.`);
    if (unit.locked && !force)
      throw new KernelError('EBUSY', who, 'the host has locked it: wait until it allows the removal, or use force.');
  }

  #medium({ file, store, memory, readOnly, cdrom }: CheckedUnit): BlockStore | undefined {
    if (file !== undefined) return this.#open(file, readOnly === true || cdrom === true);
    return memory === undefined ? store : memoryStore({ size: memory });
  }

  #open(path: string, readOnly: boolean): BlockStore {
    const store = fileStore(path, readOnly ? { readOnly } : {});
    this.#own.add(store);
    return store;
  }

  /** Flushes a store, and closes it if the function has opened it. */
  async #letGo(store: BlockStore): Promise<void> {
    try {
      if (!store.readOnly) await store.flush();
    } finally {
      if (this.#own.delete(store)) await store.close?.();
    }
  }

  #events(counters: Counters): UnitEvents {
    return {
      read: (unit, at, length) => {
        counters.read += length;
        this.#emit({ type: 'read', unit, at, length });
      },
      written: (unit, at, length) => {
        counters.written += length;
        this.#emit({ type: 'write', unit, at, length });
      },
      flushed: (unit) => {
        counters.flushes++;
        this.#emit({ type: 'flush', unit });
      },
      ejected: (unit, store) => {
        this.#emit({ type: 'eject', unit, by: 'host' });
        // This very command has flushed it, and must have ended before the file is closed.
        if (this.#own.delete(store))
          void this.idle()
            .then(() => store.close?.())
            .catch(this.#reports.report);
      },
      locked: (unit, locked) => this.#emit({ type: 'lock', unit, locked }),
      failed: (unit, error) => this.#emit({ type: 'error', unit, error }),
    };
  }

  #emit(event: StorageEvent): void {
    const text = textOf(event);
    if (text !== undefined) this.#reports.tell(text);
    for (const listener of [...this.#listeners])
      try {
        listener(event);
      } catch (error) {
        this.#reports.report(error);
      }
  }
}

interface Counters {
  read: number;
  written: number;
  flushes: number;
}

function unitOptions(fields: CheckedUnit, store: BlockStore | undefined): ConstructorParameters<typeof LogicalUnit>[1] {
  const {
    vendor = VENDOR,
    product = PRODUCT,
    revision = REVISION,
    removable,
    cdrom = false,
    readOnly = cdrom,
  } = fields;
  return {
    store,
    removable: removable ?? cdrom,
    readOnly,
    cdrom,
    inquiryText: `${vendor.padEnd(8)}${product.padEnd(16)}${revision.padEnd(4)}`,
    serial: fields.serial,
  };
}

/** A line for people. Single reads and writes are too many. */
function textOf(event: StorageEvent): string | undefined {
  const unit = event.unit === 0 ? '' : ` ${event.unit}`;
  switch (event.type) {
    case 'eject':
      return `disk${unit}: ejected by the ${event.by}`;
    case 'insert':
      return `disk${unit}: medium inserted`;
    case 'lock':
      return `disk${unit}: the host ${event.locked ? 'locks the medium' : 'allows the removal of the medium'}`;
    case 'error':
      return `disk${unit}: ${event.error instanceof Error ? event.error.message : String(event.error)}`;
    default:
      return undefined;
  }
}
