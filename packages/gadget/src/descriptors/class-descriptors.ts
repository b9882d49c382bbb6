import type { FunctionDescriptor } from '@gadgetloom/functionfs';
import { type CcidDescriptor, DescriptorType, DfuAttribute, encodeClassDescriptor } from '@gadgetloom/udc';
import { checkedBytes } from '../definition/bytes.ts';
import type { CcidDefinition, ClassDescriptors, DfuDefinition, HidDefinition } from '../definition/class-definition.ts';
import { numberOf, versionOf } from '../definition/numbers.ts';

/** bDescriptorType of a report descriptor (HID 1.11, 7.1). */
const REPORT = 0x22;

/** Makes the descriptors that stand between an interface and its endpoints. */
export function classDescriptors({ hid, dfu, ccid, descriptors = [] }: ClassDescriptors): FunctionDescriptor[] {
  const own = [hid && hidDescriptor(hid), dfu && dfuDescriptor(dfu), ccid && ccidDescriptor(ccid)];
  return [...own.filter((bytes) => bytes !== undefined), ...descriptors.map(checkedBytes)].map(rawDescriptor);
}

/** FunctionFS takes two types as they are; class-rules.ts refuses all others. */
function rawDescriptor(bytes: Uint8Array): FunctionDescriptor {
  if (bytes[1] === DescriptorType.OTG) return { type: 'otg', attributes: bytes[2]! };
  return { type: 'class', body: bytes.subarray(2) };
}

function hidDescriptor({ version = '1.11', country = 0, reportDescriptor, reportLength = 0 }: HidDefinition) {
  const length = reportDescriptor === undefined ? reportLength : checkedBytes(reportDescriptor).length;
  return encodeClassDescriptor({
    kind: 'hid',
    version: versionOf(version),
    country: numberOf(country),
    descriptors: [{ type: REPORT, length }],
  });
}

function dfuDescriptor({ attributes = {}, detachTimeout = 0, transferSize, version = '1.1' }: DfuDefinition) {
  const bits =
    (attributes.download ? DfuAttribute.DOWNLOAD : 0) |
    (attributes.upload ? DfuAttribute.UPLOAD : 0) |
    (attributes.manifestationTolerant ? DfuAttribute.MANIFESTATION_TOLERANT : 0) |
    (attributes.willDetach ? DfuAttribute.WILL_DETACH : 0);
  return encodeClassDescriptor({
    kind: 'dfu',
    attributes: bits,
    detachTimeout,
    transferSize,
    version: versionOf(version),
  });
}

const VOLTAGES = ['5 V', '3 V', '1.8 V'] as const;
const PROTOCOLS = ['T=0', 'T=1'] as const;
/** Defaults of a reader for the whole range of cards: automatic parameters, short and extended APDUs (table 5.1-1). */
const CCID_DEFAULTS = {
  defaultClock: 4000,
  defaultDataRate: 10753,
  maxIfsd: 254,
  features: 0x0004_00be,
  maxMessageLength: 271,
} as const;

function ccidDescriptor(ccid: CcidDefinition): Uint8Array {
  const defaultClock = ccid.defaultClock ?? CCID_DEFAULTS.defaultClock;
  const defaultDataRate = ccid.defaultDataRate ?? CCID_DEFAULTS.defaultDataRate;
  const descriptor: CcidDescriptor = {
    kind: 'ccid',
    version: versionOf(ccid.version ?? '1.1'),
    maxSlotIndex: (ccid.slots ?? 1) - 1,
    voltages: bitsOf(VOLTAGES, ccid.voltages ?? ['5 V']),
    protocols: bitsOf(PROTOCOLS, ccid.protocols ?? ['T=1']),
    defaultClock,
    maximumClock: ccid.maximumClock ?? defaultClock,
    clocks: ccid.clocks ?? 0,
    defaultDataRate,
    maximumDataRate: ccid.maximumDataRate ?? defaultDataRate,
    dataRates: ccid.dataRates ?? 0,
    maxIfsd: ccid.maxIfsd ?? CCID_DEFAULTS.maxIfsd,
    synchronousProtocols: numberOf(ccid.synchronousProtocols ?? 0),
    mechanical: numberOf(ccid.mechanical ?? 0),
    features: numberOf(ccid.features ?? CCID_DEFAULTS.features),
    maxMessageLength: ccid.maxMessageLength ?? CCID_DEFAULTS.maxMessageLength,
    classGetResponse: numberOf(ccid.classGetResponse ?? 0xff),
    classEnvelope: numberOf(ccid.classEnvelope ?? 0xff),
    lcdLayout: numberOf(ccid.lcdLayout ?? 0),
    pinSupport: ccid.pinSupport ?? 0,
    busySlots: ccid.busySlots ?? 1,
  };
  return encodeClassDescriptor(descriptor);
}

function bitsOf<T>(names: readonly T[], given: readonly T[]): number {
  return given.reduce((bits, name) => bits | (1 << names.indexOf(name)), 0);
}
