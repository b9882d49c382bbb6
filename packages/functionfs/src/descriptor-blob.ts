import { InputError } from '@gadgetloom/core';
import { validateDescriptors } from './descriptor-rules.ts';
import { concatBytes, viewOf, writeNumber } from './field-layout.ts';
import { decodeFunctionDescriptor, encodeFunctionDescriptor, type FunctionDescriptor } from './function-descriptor.ts';
import { decodeOsDescriptor, encodeOsDescriptor, type OsDescriptor } from './os-descriptor.ts';
import { undecodable } from './rejection.ts';
import { DescriptorFlag, Magic } from './uapi.ts';

/** Description of a function for the first write to ep0. */
export interface FunctionDescriptors {
  /** `'legacy'`: the format before Linux 3.14, with only `full` and `high`. `'v2'` unless given. */
  readonly format?: 'v2' | 'legacy';
  /** Descriptors for full speed. Absent and empty give different bytes, but mean the same. */
  readonly full?: readonly FunctionDescriptor[];
  readonly high?: readonly FunctionDescriptor[];
  /** For SuperSpeed and SuperSpeedPlus; every endpoint is followed by its companion. */
  readonly super?: readonly FunctionDescriptor[];
  readonly os?: readonly OsDescriptor[];
  /** Names endpoint files and forwards requests by the addresses written here (VIRTUAL_ADDR). */
  readonly virtualAddress?: boolean;
  /** Descriptor of an eventfd that the kernel signals for each event (EVENTFD). */
  readonly eventfd?: number;
  /** Also forward requests to the device and to other recipients (ALL_CTRL_RECIP). */
  readonly allControlRecipients?: boolean;
  /** Also forward requests before SET_CONFIGURATION (CONFIG0_SETUP). */
  readonly config0Setup?: boolean;
}

const SETS = [
  ['full', DescriptorFlag.HAS_FS_DESC],
  ['high', DescriptorFlag.HAS_HS_DESC],
  ['super', DescriptorFlag.HAS_SS_DESC],
] as const;

const SWITCHES = [
  ['virtualAddress', DescriptorFlag.VIRTUAL_ADDR],
  ['allControlRecipients', DescriptorFlag.ALL_CTRL_RECIP],
  ['config0Setup', DescriptorFlag.CONFIG0_SETUP],
] as const;

/**
 * Encodes the blob for the first write to ep0. It does not check whether the kernel accepts the blob: see
 * {@link validateDescriptors}.
 *
 * @throws InputError a value that does not fit its field, or that the legacy format cannot express
 */
export function encodeDescriptors(descriptors: FunctionDescriptors): Uint8Array {
  const legacy = descriptors.format === 'legacy';
  const parts: Uint8Array[] = [];
  const words: [name: string, value: number][] = [];
  let flags = 0;
  if (descriptors.eventfd !== undefined) {
    flags |= DescriptorFlag.EVENTFD;
    words.push(['eventfd', descriptors.eventfd]);
  }
  for (const [speed, flag] of SETS) {
    const set = descriptors[speed];
    if (set === undefined) continue;
    flags |= flag;
    words.push([`${speed}.length`, set.length]);
    parts.push(...set.map((descriptor, n) => encodeFunctionDescriptor(descriptor, `${speed}[${n}]`)));
  }
  if (descriptors.os !== undefined) {
    flags |= DescriptorFlag.HAS_MS_OS_DESC;
    words.push(['os.length', descriptors.os.length]);
    parts.push(...descriptors.os.map((descriptor, n) => encodeOsDescriptor(descriptor, `os[${n}]`)));
  }
  for (const [name, flag] of SWITCHES) if (descriptors[name]) flags |= flag;
  if (legacy) checkLegacy(flags);
  else words.unshift(['flags', flags]);
  const head = new Uint8Array(8 + 4 * words.length);
  words.forEach(([name, value], n) => {
    writeNumber(viewOf(head), 8 + 4 * n, 4, value, name);
  });
  const blob = concatBytes([head, ...parts]);
  viewOf(blob).setUint32(0, legacy ? Magic.DESCRIPTORS : Magic.DESCRIPTORS_V2, true);
  viewOf(blob).setUint32(4, blob.length, true);
  return blob;
}

function checkLegacy(flags: number): void {
  const wanted = DescriptorFlag.HAS_FS_DESC | DescriptorFlag.HAS_HS_DESC;
  if (flags === wanted) return;
  throw new InputError("format 'legacy' takes `full` and `high`, both of them, and nothing else.", { field: 'format' });
}

/**
 * Decodes a blob that the kernel accepts. {@link encodeDescriptors} returns the same bytes again.
 *
 * @throws InputError the kernel would refuse it
 */
export function decodeDescriptors(bytes: Uint8Array): FunctionDescriptors {
  const rejection = validateDescriptors(bytes);
  if (rejection) throw undecodable('descriptor', rejection);
  const view = viewOf(bytes);
  const legacy = view.getUint32(0, true) === Magic.DESCRIPTORS;
  let at = 8;
  const word = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const flags = legacy ? DescriptorFlag.HAS_FS_DESC | DescriptorFlag.HAS_HS_DESC : word();
  const result: Record<string, unknown> = legacy ? { format: 'legacy' } : {};
  if (flags & DescriptorFlag.EVENTFD) result['eventfd'] = word();
  for (const [name, flag] of SWITCHES) if (flags & flag) result[name] = true;
  const counts = SETS.map(([speed, flag]) => [speed, flags & flag ? word() : undefined] as const);
  const osCount = flags & DescriptorFlag.HAS_MS_OS_DESC ? word() : undefined;
  for (const [speed, count] of counts) {
    if (count === undefined) continue;
    result[speed] = Array.from({ length: count }, () => {
      const start = at;
      at += bytes[at]!;
      return decodeFunctionDescriptor(bytes.subarray(start, at));
    });
  }
  if (osCount !== undefined) {
    result['os'] = Array.from({ length: osCount }, () => {
      const { descriptor, length } = decodeOsDescriptor(bytes.subarray(at));
      at += length;
      return descriptor;
    });
  }
  return result as FunctionDescriptors;
}
