import { InputError } from '@gadgetloom/core';
import type { BlockStore } from '../block-store.ts';
import { CheckCondition, Sense, type SenseCode } from '../sense.ts';

/** Bytes of a CD-ROM's block. */
const CD_BLOCK = 2048;
/** Fewest and most blocks of a CD-ROM: its smallest track, and 256 minutes (fsg_lun_open). */
const CD_LEAST = 300;
const CD_MOST = 256 * 60 * 75 - 1;

/** What a logical unit is. */
export interface UnitOptions {
  /** The medium; none unless given. A unit that is not removable needs one. */
  readonly store?: BlockStore | undefined;
  /** The medium can be ejected and exchanged. */
  readonly removable?: boolean;
  /** Write-protected, even if the store could be written. */
  readonly readOnly?: boolean;
  /** A CD-ROM: read-only, blocks of 2048 bytes. */
  readonly cdrom?: boolean;
  /** Ignores FUA: a write does not wait for stable storage (`nofua` of the kernel). */
  readonly ignoreForceUnitAccess?: boolean;
  /** Bytes 8 to 35 of INQUIRY: vendor (8 bytes), product (16) and revision (4), in ASCII. */
  readonly inquiryText: string;
  /** Serial number for VPD page 0x80; without it the unit has no such page. */
  readonly serial?: string | undefined;
}

/** What happens to a unit, for those who watch it. Units are told by their number. */
export interface UnitEvents {
  /** The host has read `length` bytes at `at`. */
  read?(unit: number, at: number, length: number): void;
  /** The host has written `length` bytes at `at`. */
  written?(unit: number, at: number, length: number): void;
  /** Everything that was written is on stable storage. */
  flushed?(unit: number): void;
  /** The host has ejected the medium, which was flushed. Whoever owns the store closes it. */
  ejected?(unit: number, store: BlockStore): void;
  /** The host forbids the removal of the medium, or allows it again. */
  locked?(unit: number, locked: boolean): void;
  /** The store failed. The host sees the sense data. */
  failed?(unit: number, error: unknown): void;
}

/** A medium and its geometry. */
export interface Medium {
  readonly store: BlockStore;
  readonly blockSize: number;
  /** Whole blocks. */
  readonly blocks: number;
  readonly readOnly: boolean;
}

/** A disk or CD drive: its medium, and what it has to tell the host about its last command. */
export class LogicalUnit {
  readonly number: number;
  removable: boolean;
  cdrom: boolean;
  /** Write-protects every medium. */
  readOnly: boolean;
  ignoreForceUnitAccess: boolean;
  inquiryText: string;
  readonly serial: string | undefined;
  readonly events: UnitEvents;
  /** Hosts may rely on SYNCHRONIZE CACHE. False: every write waits for stable storage. Hosts change it with MODE SELECT. */
  writeCache = true;
  /** The host forbids the removal of the medium. */
  locked = false;
  /** Sense data of the last command. */
  sense: SenseCode = Sense.NONE;
  information: number | undefined = undefined;
  /** What the next command is answered with, whatever it is (unit attention). */
  attention: SenseCode = Sense.NONE;
  #medium: Medium | undefined = undefined;

  constructor(number: number, options: UnitOptions, events: UnitEvents = {}) {
    this.number = number;
    this.removable = options.removable ?? false;
    this.cdrom = options.cdrom ?? false;
    this.readOnly = options.readOnly ?? this.cdrom;
    this.ignoreForceUnitAccess = options.ignoreForceUnitAccess ?? false;
    this.inquiryText = options.inquiryText;
    this.serial = options.serial;
    this.events = events;
    if (options.store !== undefined) this.#medium = this.#measure(options.store);
    else if (!this.removable)
      throw new InputError(`unit ${number} has no medium; give it a store, or make it removable.`);
  }

  get medium(): Medium | undefined {
    return this.#medium;
  }

  /** The medium. @throws CheckCondition there is none */
  get present(): Medium {
    if (this.#medium === undefined) throw new CheckCondition(Sense.MEDIUM_NOT_PRESENT);
    return this.#medium;
  }

  /**
   * Puts a medium in, in place of the one that is there. The host notices with its next command.
   *
   * @returns the store that was taken out, which the caller closes
   * @throws InputError the store is smaller than a block, or its blocks have no usable size
   */
  insert(store: BlockStore): BlockStore | undefined {
    const before = this.#medium?.store;
    this.#medium = this.#measure(store);
    this.attention = Sense.NOT_READY_TO_READY_TRANSITION;
    return before;
  }

  /**
   * Takes the medium out.
   *
   * @param by `'host'`: it asked for it, and need not be told
   * @returns the store, which the caller closes; `undefined` if there was none
   */
  eject(by: 'host' | 'gadget'): BlockStore | undefined {
    const store = this.#medium?.store;
    if (store === undefined) return undefined;
    this.#medium = undefined;
    if (by === 'gadget') this.attention = Sense.MEDIUM_NOT_PRESENT;
    else this.events.ejected?.(this.number, store);
    return store;
  }

  /** Forgets what the last command left behind. */
  clearSense(): void {
    this.sense = Sense.NONE;
    this.information = undefined;
  }

  /** After a reset: nothing is locked, and no command has left anything. */
  reset(): void {
    this.lock(false);
    this.clearSense();
    this.attention = Sense.NONE;
  }

  /** Forbids the removal of the medium, or allows it. */
  lock(locked: boolean): void {
    if (this.locked === locked) return;
    this.locked = locked;
    this.events.locked?.(this.number, locked);
  }

  #measure(store: BlockStore): Medium {
    const blockSize = this.cdrom ? CD_BLOCK : store.blockSize;
    const who = `the medium of unit ${this.number}`;
    if (![512, 1024, 2048, 4096].includes(blockSize))
      throw new InputError(`${who} has blocks of ${blockSize} bytes; it may be 512, 1024, 2048 or 4096.`);
    const whole = Math.floor(store.size / blockSize);
    const blocks = this.cdrom ? Math.min(whole, CD_MOST) : whole;
    const least = this.cdrom ? CD_LEAST : 1;
    if (blocks < least) {
      const needed = `at least ${least * blockSize} bytes`;
      throw new InputError(`${who} has ${store.size} bytes; a ${this.cdrom ? 'CD' : 'disk'} needs ${needed}.`);
    }
    return { store, blockSize, blocks, readOnly: this.readOnly || this.cdrom || store.readOnly };
  }
}
