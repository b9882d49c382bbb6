import type { ErrnoCode } from '@gadgetloom/core';
import { DescriptorType, USB_ENDPOINT_NUMBER_MASK } from '@gadgetloom/udc';
import { viewOf } from './field-layout.ts';
import { readOsDescriptor } from './os-descriptor-rules.ts';
import { BlobRejected, type Rejection, rejectionOf } from './rejection.ts';
import { BLOB_MAX, BLOB_MIN, DESCRIPTOR_FLAGS, DescriptorFlag, ENDPOINTS_MAX, Magic } from './uapi.ts';

const SPEEDS = ['full', 'high', 'super'] as const;

/** Descriptors that a function may have: name and the lengths that the kernel accepts (ffs_do_single_desc). */
const ACCEPTED: Readonly<Record<number, readonly [name: string, ...lengths: number[]]>> = {
  [DescriptorType.INTERFACE]: ['INTERFACE', 9],
  [DescriptorType.ENDPOINT]: ['ENDPOINT', 7, 9],
  [DescriptorType.OTG]: ['OTG', 3],
  [DescriptorType.INTERFACE_ASSOCIATION]: ['INTERFACE ASSOCIATION', 8],
  [DescriptorType.SS_ENDPOINT_COMPANION]: ['SS ENDPOINT COMPANION', 6],
};

/** Meaning of a descriptor of type 0x21, by the class of the interface before it. */
const BY_CLASS = [
  { class: 0x03, subClass: undefined, name: 'HID', length: 9 },
  { class: 0x0b, subClass: undefined, name: 'CCID', length: 54 },
  { class: 0xfe, subClass: 0x01, name: 'DFU FUNCTIONAL', length: 9 },
] as const;

/** Types that the kernel refuses: name and reason. */
const REFUSED: Readonly<Record<number, string>> = {
  1: 'DEVICE belongs to the gadget, not to a function',
  2: 'CONFIG belongs to the gadget, not to a function',
  3: 'STRING belongs to the gadget, not to a function',
  6: 'DEVICE QUALIFIER belongs to the gadget, not to a function',
  7: 'OTHER SPEED CONFIG is not implemented by FunctionFS',
  8: 'INTERFACE POWER is not implemented by FunctionFS',
  10: 'DEBUG is not implemented by FunctionFS',
  12: 'SECURITY is not implemented by FunctionFS',
  15: 'BOS belongs to the gadget, not to a function',
  16: 'DEVICE CAPABILITY belongs to the gadget, not to a function',
  35: 'CS RADIO CONTROL is not implemented by FunctionFS',
  36: 'CS INTERFACE is not known to FunctionFS',
  37: 'CS ENDPOINT is not known to FunctionFS',
  49: 'SSP ISOC ENDPOINT COMPANION is not known to FunctionFS',
};

/** Looks up an eventfd: the errno if there is none by that number. */
export type FindEventfd = (fd: number) => ErrnoCode | undefined;

/**
 * The kernel's state about the descriptors that were written. A refused blob leaves its counts behind, and the kernel
 * compares the next blob with them until {@link reset}, because __ffs_data_got_descs does not undo its changes.
 */
export class DescriptorState {
  /** Flags of the latest v2 blob, accepted or not. Survives {@link reset}. */
  userFlags = 0;
  endpointCount = 0;
  interfaceCount = 0;
  /** Highest index of a string that the descriptors refer to. */
  stringCount = 0;
  /** Address of each endpoint as written, from index 1. Survives {@link reset}. */
  readonly addresses: Uint8Array = new Uint8Array(ENDPOINTS_MAX + 1);
  /** Descriptors per speed: full, high, super. */
  counts: readonly number[] = [0, 0, 0];
  /** OS descriptors. Survives {@link reset}. */
  osCount = 0;
  /** The descriptors of the accepted blob, without its header. */
  raw: Uint8Array = new Uint8Array(0);

  /** ffs_data_reset. */
  reset(): void {
    this.endpointCount = 0;
    this.interfaceCount = 0;
    this.stringCount = 0;
    this.counts = [0, 0, 0];
    this.raw = new Uint8Array(0);
  }

  /**
   * Accepts or refuses a blob, in the kernel's order of checks.
   *
   * @throws BlobRejected
   */
  accept(blob: Uint8Array, findEventfd: FindEventfd): void {
    checkSize(blob);
    const head = this.#readHead(blob, findEventfd);
    let at = head.end;
    for (const [n, count] of head.counts.entries()) {
      if (count > 0) at = this.#readSpeed(blob, at, n, count);
    }
    for (let n = 1; n <= head.osCount; n++) at = readOsDescriptor(blob, at, n, this.interfaceCount);
    if (at === head.end) throw new BlobRejected('EINVAL', at, 'descriptors', 'there are none');
    if (at < blob.length) {
      throw new BlobRejected('EINVAL', at, 'end', `${blob.length - at} bytes follow the last descriptor`);
    }
    this.raw = blob.slice(head.end);
    this.counts = head.counts;
    this.osCount = head.osCount;
  }

  #readHead(blob: Uint8Array, findEventfd: FindEventfd): { end: number; counts: number[]; osCount: number } {
    const view = viewOf(blob);
    const length = view.getUint32(4, true);
    if (length !== blob.length) {
      throw new BlobRejected('EINVAL', 4, 'head', `the length is ${length}, but ${blob.length} bytes were written`);
    }
    const magic = view.getUint32(0, true);
    let flags: number = DescriptorFlag.HAS_FS_DESC | DescriptorFlag.HAS_HS_DESC;
    let at = 8;
    const word = (what: string): number => {
      if (blob.length - at < 4) throw new BlobRejected('EINVAL', at, 'head', `ends before its ${what}`);
      at += 4;
      return view.getUint32(at - 4, true);
    };
    if (magic === Magic.DESCRIPTORS_V2) {
      flags = word('flags');
      this.userFlags = flags;
      const unknown = (flags & ~DESCRIPTOR_FLAGS) >>> 0;
      if (unknown) throw new BlobRejected('ENOSYS', 8, 'flags', `the bits 0x${unknown.toString(16)} are not known`);
    } else if (magic !== Magic.DESCRIPTORS) {
      throw new BlobRejected(
        'EINVAL',
        0,
        'head',
        `the magic is ${magic}; descriptors have 3, or 1 in the legacy format`,
      );
    }
    if (flags & DescriptorFlag.EVENTFD) {
      const fd = word('eventfd');
      const code = findEventfd(fd | 0);
      if (code) throw new BlobRejected(code, at - 4, 'eventfd', `${fd | 0} is not an open eventfd`);
    }
    const counts = SPEEDS.map((speed, n) => (flags & (1 << n) ? word(`number of ${speed}-speed descriptors`) : 0));
    const osCount = flags & DescriptorFlag.HAS_MS_OS_DESC ? word('number of OS descriptors') : 0;
    return { end: at, counts, osCount };
  }

  #readSpeed(blob: Uint8Array, start: number, n: number, count: number): number {
    const first = this.endpointCount === 0 && this.interfaceCount === 0;
    const found = { interfaces: 0, endpoints: 0 };
    let interfaceClass = -1;
    let interfaceSubClass = -1;
    let at = start;
    for (let num = 0; num < count; num++) {
      const name = nameOf(blob, at, interfaceClass, interfaceSubClass);
      const where = `${SPEEDS[n]}-speed descriptor ${num + 1} (${name})`;
      checkDescriptor(blob, at, where, interfaceClass, interfaceSubClass);
      switch (blob[at + 1]) {
        case DescriptorType.INTERFACE:
          found.interfaces = Math.max(found.interfaces, blob[at + 2]! + 1);
          this.#needString(blob[at + 8]!);
          interfaceClass = blob[at + 5]!;
          interfaceSubClass = blob[at + 6]!;
          break;
        case DescriptorType.INTERFACE_ASSOCIATION:
          this.#needString(blob[at + 7]!);
          break;
        case DescriptorType.ENDPOINT:
          this.#countEndpoint(++found.endpoints, blob[at + 2]!, first, at, where);
          break;
      }
      at += blob[at]!;
    }
    if (first) {
      this.endpointCount = found.endpoints;
      this.interfaceCount = found.interfaces;
    } else if (this.endpointCount !== found.endpoints || this.interfaceCount !== found.interfaces) {
      const reason =
        `${found.interfaces} interfaces with ${found.endpoints} endpoints; the descriptors before had ` +
        `${this.interfaceCount} with ${this.endpointCount}`;
      throw new BlobRejected('EINVAL', start, `${SPEEDS[n]}-speed descriptors`, reason);
    }
    return at;
  }

  #needString(index: number): void {
    this.stringCount = Math.max(this.stringCount, index);
  }

  #countEndpoint(number: number, address: number, first: boolean, at: number, where: string): void {
    if ((address & USB_ENDPOINT_NUMBER_MASK) === 0) {
      throw new BlobRejected('EINVAL', at + 2, where, 'endpoint number 0 is the control endpoint; 1 to 15 are allowed');
    }
    if (number > ENDPOINTS_MAX) {
      throw new BlobRejected('EINVAL', at, where, `a function has at most ${ENDPOINTS_MAX} endpoints`);
    }
    if (first) this.addresses[number] = address;
    else if (this.addresses[number] !== address) {
      const reason = `endpoint ${number} was ${hex(this.addresses[number]!)} before; every speed lists the same ones in the same order`;
      throw new BlobRejected('EINVAL', at + 2, where, reason);
    }
  }
}

/** Checks the length of a blob before its content (ffs_ep0_write). */
export function checkSize(blob: Uint8Array): void {
  if (blob.length < BLOB_MIN) {
    throw new BlobRejected('EINVAL', 0, 'blob', `is ${blob.length} bytes long; no blob has less than ${BLOB_MIN}`);
  }
  if (blob.length > BLOB_MAX) throw new BlobRejected('ENOMEM', 0, 'blob', `is larger than ${BLOB_MAX} bytes`);
}

function checkDescriptor(blob: Uint8Array, at: number, where: string, ofClass: number, ofSubClass: number): void {
  const left = blob.length - at;
  if (left < 2) throw new BlobRejected('EINVAL', at, where, `the blob ends here: ${left} bytes are left`);
  const length = blob[at]!;
  if (left < length) throw new BlobRejected('EINVAL', at, where, `is ${length} bytes long, ${left} are left`);
  const type = blob[at + 1]!;
  if (type === DescriptorType.HID) {
    const rule = classRule(ofClass, ofSubClass);
    if (rule === undefined) {
      const reason = 'type 0x21 is known after an interface of class HID (3), CCID (0x0b) or DFU (0xfe, 1) only';
      throw new BlobRejected('EINVAL', at + 1, where, reason);
    }
    if (length !== rule.length) throw wrongLength(at, where, length, [rule.length]);
    return;
  }
  const accepted = ACCEPTED[type];
  if (accepted === undefined) {
    throw new BlobRejected('EINVAL', at + 1, where, REFUSED[type] ?? `type ${hex(type)} is not known to FunctionFS`);
  }
  const [, ...lengths] = accepted;
  if (!lengths.includes(length)) throw wrongLength(at, where, length, lengths);
}

function wrongLength(at: number, where: string, length: number, lengths: readonly number[]): BlobRejected {
  return new BlobRejected('EINVAL', at, where, `bLength is ${length}; it has to be ${lengths.join(' or ')}`);
}

function classRule(ofClass: number, ofSubClass: number): (typeof BY_CLASS)[number] | undefined {
  return BY_CLASS.find((rule) => rule.class === ofClass && (rule.subClass ?? ofSubClass) === ofSubClass);
}

function nameOf(blob: Uint8Array, at: number, ofClass: number, ofSubClass: number): string {
  const type = blob[at + 1];
  if (type === undefined) return 'missing';
  if (type === DescriptorType.HID) return classRule(ofClass, ofSubClass)?.name ?? 'type 0x21';
  const name = ACCEPTED[type]?.[0] ?? `type ${hex(type)}`;
  if (type === DescriptorType.ENDPOINT && blob[at + 2] !== undefined) return `${name} ${hex(blob[at + 2]!)}`;
  if (type === DescriptorType.INTERFACE && blob[at + 2] !== undefined) return `${name} ${blob[at + 2]}`;
  return name;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/**
 * Whether the kernel accepts a descriptor blob (f_fs.c, __ffs_data_got_descs), written to a fresh instance.
 *
 * @param findEventfd tells about the blob's eventfd, if it has one; any is taken without
 * @returns errno, place and reason of the refusal; `undefined` if it is accepted
 */
export function validateDescriptors(
  blob: Uint8Array,
  findEventfd: FindEventfd = () => undefined,
): Rejection | undefined {
  return rejectionOf(() => new DescriptorState().accept(blob, findEventfd));
}

/**
 * Whether the kernel accepts one descriptor of a function (f_fs.c, ffs_do_single_desc).
 *
 * @param bytes the descriptor, with its length and type in front
 * @param ofClass bInterfaceClass of the interface before it; type 0x21 depends on it
 * @returns where and why it is refused; `undefined` if it is accepted
 */
export function validateDescriptor(bytes: Uint8Array, ofClass: number, ofSubClass: number): Rejection | undefined {
  return rejectionOf(() => checkDescriptor(bytes, 0, nameOf(bytes, 0, ofClass, ofSubClass), ofClass, ofSubClass));
}
