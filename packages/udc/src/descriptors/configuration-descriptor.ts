import { DescriptorType } from '../chapter9.ts';
import { expectDescriptor, joinDescriptors, splitDescriptors, writeField } from './descriptor-bytes.ts';
import { decodeInterfaces, encodeInterfaces, type InterfacesTree } from './interface-descriptor.ts';

/** Bytes of the configuration descriptor itself. */
export const CONFIGURATION_SIZE = 9;

/** A configuration with everything that follows its descriptor (USB 2.0, table 9-10). */
export interface ConfigurationTree extends InterfacesTree {
  /** True for the configuration at the other speed (OTHER_SPEED_CONFIGURATION). */
  readonly otherSpeed?: boolean;
  /** bConfigurationValue. */
  readonly value: number;
  /** iConfiguration; 0 is none. */
  readonly stringIndex: number;
  /** bmAttributes: 0x80 always, 0x40 self-powered, 0x20 remote wakeup. */
  readonly attributes: number;
  /** bMaxPower, in units of 2 mA, or 8 mA at SuperSpeed. */
  readonly maxPower: number;
  /** bNumInterfaces, if it differs from the number of {@link interfaces}. */
  readonly interfaceCount?: number;
}

/**
 * Encodes a configuration with everything in it; wTotalLength is filled in.
 *
 * @throws InputError a value that does not fit its field
 */
export function encodeConfiguration(tree: ConfigurationTree): Uint8Array {
  const header = new Uint8Array(CONFIGURATION_SIZE);
  const bytes = joinDescriptors([header, encodeInterfaces(tree)]);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CONFIGURATION_SIZE);
  view.setUint8(1, tree.otherSpeed ? DescriptorType.OTHER_SPEED_CONFIG : DescriptorType.CONFIG);
  writeField(view, 2, 2, bytes.length, 'wTotalLength');
  writeField(view, 4, 1, tree.interfaceCount ?? tree.interfaces.length, 'interfaceCount');
  writeField(view, 5, 1, tree.value, 'value');
  writeField(view, 6, 1, tree.stringIndex, 'stringIndex');
  writeField(view, 7, 1, tree.attributes, 'attributes');
  writeField(view, 8, 1, tree.maxPower, 'maxPower');
  return bytes;
}

/** wTotalLength: bytes to request. @throws InputError not a configuration descriptor */
export function configurationLength(bytes: Uint8Array): number {
  return header(bytes).getUint16(2, true);
}

/**
 * Decodes a configuration. It ignores bytes after wTotalLength, and decodes what is there if `bytes` ends earlier:
 * compare the length with {@link configurationLength}.
 *
 * @throws InputError not a configuration descriptor, or a descriptor in it is too short or truncated
 */
export function decodeConfiguration(bytes: Uint8Array): ConfigurationTree {
  const view = header(bytes);
  const parts = splitDescriptors(bytes.subarray(view.byteLength, Math.max(view.byteLength, view.getUint16(2, true))));
  const tree = decodeInterfaces(parts);
  const interfaceCount = view.getUint8(4);
  return {
    ...(view.getUint8(1) === DescriptorType.OTHER_SPEED_CONFIG ? { otherSpeed: true } : {}),
    value: view.getUint8(5),
    stringIndex: view.getUint8(6),
    attributes: view.getUint8(7),
    maxPower: view.getUint8(8),
    ...(interfaceCount === tree.interfaces.length ? {} : { interfaceCount }),
    ...tree,
  };
}

function header(bytes: Uint8Array): DataView {
  const other = bytes[1] === DescriptorType.OTHER_SPEED_CONFIG;
  const type = other ? DescriptorType.OTHER_SPEED_CONFIG : DescriptorType.CONFIG;
  return expectDescriptor(bytes, type, CONFIGURATION_SIZE, 'configuration');
}
