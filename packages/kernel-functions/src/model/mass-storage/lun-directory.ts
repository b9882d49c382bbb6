import { errnoCode, isInputError, isKernelError, KernelError } from '@gadgetloom/core';
import { type BlockStore, LogicalUnit } from '@gadgetloom/usb-classes/mass-storage';

/** get_default_bcdDevice of Linux 6.12, as it stands in INQUIRY. */
const RELEASE = '0612';
/** include/linux/errno.h: it has no business in user space, and gets there. */
const ETOOSMALL = 525;
/** Bytes of vendor, product and release. */
const INQUIRY_TEXT = 28;

/** Opens the file behind a unit. @throws KernelError as filp_open does */
export type OpenBackingFile = (path: string, options: { readonly readOnly?: boolean }) => BlockStore;

/** A directory `lun.N` (struct fsg_lun_opts). Source: storage_common.c. */
export class LunDirectory {
  readonly unit: LogicalUnit;
  readonly #path: string;
  readonly #open: OpenBackingFile;
  #inquiryText = '';

  /** @param path of the directory, for messages */
  constructor(path: string, number: number, open: OpenBackingFile) {
    this.#path = path;
    this.#open = open;
    // The file of a medium that the host has ejected is closed (do_start_stop).
    const ejected = (_: number, store: BlockStore): void => void store.close?.();
    this.unit = new LogicalUnit(number, { removable: true, inquiryText: '' }, { ejected });
  }

  /** Writes an attribute. @throws KernelError EINVAL, EBUSY, ENOENT; and what opening a file answers */
  write(attribute: string, text: string): void {
    const operation = `write ${this.#path}/${attribute}`;
    const { unit } = this;
    if (attribute === 'file') this.#load(text.replace(/\n$/, ''), operation);
    else if (attribute === 'ro') this.#setReadOnly(flag(text, operation), operation);
    else if (attribute === 'cdrom') {
      const cdrom = flag(text, operation);
      if (cdrom) this.#setReadOnly(true, operation);
      unit.cdrom = cdrom;
    } else if (attribute === 'removable') unit.removable = flag(text, operation);
    else if (attribute === 'nofua') unit.ignoreForceUnitAccess = flag(text, operation);
    else if (attribute === 'inquiry_string') this.#inquiryText = text.replace(/\n.*$/s, '').slice(0, INQUIRY_TEXT);
    else if (attribute === 'forced_eject') {
      unit.lock(false);
      this.#load('', operation);
    } else throw new KernelError('ENOENT', operation, 'the directory has no such attribute.');
  }

  /** fsg_common_set_inquiry_string: the product of all units is named after the first. */
  nameAfter(first: LogicalUnit): void {
    const product = first.cdrom ? 'File-CD Gadget' : 'File-Stor Gadget';
    const common = `${'Linux'.padEnd(8)}${product.padEnd(16)}${RELEASE}`;
    this.unit.inquiryText = this.#inquiryText === '' ? common : this.#inquiryText.padEnd(INQUIRY_TEXT);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.unit.eject('gadget')?.close?.();
  }

  /** fsg_store_file. */
  #load(path: string, operation: string): void {
    const { unit } = this;
    if (unit.locked && unit.medium !== undefined)
      throw new KernelError('EBUSY', operation, 'the host has locked the medium.');
    const old = path === '' ? unit.eject('gadget') : this.#exchange(path, operation);
    void old?.close?.();
  }

  #exchange(path: string, operation: string): BlockStore | undefined {
    let store: BlockStore | undefined;
    try {
      store = this.#open(path, this.unit.readOnly ? { readOnly: true } : {});
      return this.unit.insert(store);
    } catch (error) {
      void store?.close?.();
      if (isKernelError(error)) throw new KernelError(error.code, operation, error.message, { cause: error });
      if (!isInputError(error)) throw error;
      // Not a file: EINVAL. Too small: ETOOSMALL.
      const code = store === undefined ? 'EINVAL' : errnoCode(ETOOSMALL);
      throw new KernelError(code, operation, error.message, { cause: error });
    }
  }

  #setReadOnly(readOnly: boolean, operation: string): void {
    if (this.unit.medium !== undefined)
      throw new KernelError('EBUSY', operation, 'the file is open: write this attribute before the file.');
    this.unit.readOnly = readOnly;
  }
}

/** kstrtobool. @throws KernelError EINVAL */
export function flag(text: string, operation: string): boolean {
  if (/^([1yt]|on)/i.test(text)) return true;
  if (/^([0nf]|of)/i.test(text)) return false;
  throw new KernelError('EINVAL', operation, `"${text.trim()}" is neither yes nor no: write 1 or 0.`);
}
