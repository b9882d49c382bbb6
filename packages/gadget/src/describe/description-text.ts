import {
  type AlternateSetting,
  type ConfigurationTree,
  type DeviceCapability,
  type EndpointTree,
  endpointDirection,
  type InterfaceAssociation,
  packetSize,
  type QualifierDescriptor,
  transactionsPerInterval,
  transferType,
} from '@gadgetloom/udc';
import { languageTag } from '../definition/language.ts';
import { intervalMilliseconds } from '../descriptors/interval.ts';
import type { DescribedSpeed } from '../descriptors/speed.ts';
import { className } from './class-names.ts';
import { extraLines } from './class-text.ts';
import type { GadgetDescription, SpeedDescription } from './describe-gadget.ts';
import type { WebUsbDescription } from './host-description.ts';
import { microsoftOsLines, platformText } from './host-text.ts';
import { bcd, hex } from './number-text.ts';

/** Units of bMaxPower in mA (USB 2.0, 9.6.3; USB 3.2, 9.6.3). */
const POWER_UNIT: Readonly<Record<DescribedSpeed, number>> = { full: 2, high: 2, super: 8 };
/** Names of the bits of wSpeedsSupported (USB 3.2, 9.6.2.2). */
const SPEED_BITS = ['low', 'full', 'high', '5 Gbit/s'] as const;
const SYNCHRONIZATION = ['', 'asynchronous', 'adaptive', 'synchronous'] as const;
const USAGE = ['', 'feedback', 'implicit feedback', 'reserved usage'] as const;

/** Formats a description as `lsusb -v` does, speed by speed. */
export function formatDescription(description: GadgetDescription): string {
  const blocks = description.speeds.map((one) => speedLines(one, description).join('\n'));
  if (description.microsoftOs !== undefined) blocks.push(microsoftOsLines(description.microsoftOs).join('\n'));
  for (const { function: name, kernel } of description.unknown)
    blocks.push(
      `The kernel provides function "${name}" (${kernel}): its descriptors are not shown here, and come in between those above.`,
    );
  return `${blocks.join('\n\n')}\n`;
}

function speedLines(one: SpeedDescription, whole: GadgetDescription): string[] {
  const { device, qualifier, bos } = one;
  const text = textFinder(one);
  const packet = one.speed === 'super' ? 2 ** device.maxPacketSize0 : device.maxPacketSize0;
  const lines = [
    `${one.speed[0]?.toUpperCase()}${one.speed.slice(1)} speed`,
    `  Device ${hex(device.vendorId, 4)}:${hex(device.productId, 4)} version ${bcd(device.deviceVersion)}, ` +
      `USB ${bcd(device.usbVersion)}, endpoint 0 with ${packet} bytes`,
    `    class          ${deviceClass(device)}`,
  ];
  const named = {
    manufacturer: device.manufacturerIndex,
    product: device.productIndex,
    'serial number': device.serialNumberIndex,
  };
  for (const [name, index] of Object.entries(named))
    if (text(index)) lines.push(`    ${name.padEnd(15)}${text(index)}`);
  if (qualifier) lines.push(`  Qualifier ${qualifierText(qualifier, one.speed)}`);
  for (const tree of one.configurations) lines.push(...configurationLines(tree, one, whole, text));
  if (bos) lines.push('  Device capabilities', ...bos.map((one) => `    ${capabilityText(one, whole.webUsb)}`));
  return lines;
}

function qualifierText(qualifier: QualifierDescriptor, speed: DescribedSpeed): string {
  const other = speed === 'high' ? 'full' : 'high';
  const { usbVersion, maxPacketSize0, configurationCount: count } = qualifier;
  const configurations = `${count} configuration${count === 1 ? '' : 's'}`;
  return `at ${other} speed: USB ${bcd(usbVersion)}, endpoint 0 with ${maxPacketSize0} bytes, ${configurations}`;
}

type TextFinder = (index: number) => string;

/** Formats the strings of one index in all languages. The result is empty if all strings are. */
function textFinder({ strings }: SpeedDescription): TextFinder {
  return (index) => {
    const found = strings.filter((one) => one.index === index && one.text !== '');
    if (new Set(found.map(({ text }) => text)).size === 1) return JSON.stringify(found[0]?.text);
    return found.map(({ language, text }) => `${languageTag(language)} ${JSON.stringify(text)}`).join(', ');
  };
}

function configurationLines(
  tree: ConfigurationTree,
  { speed }: SpeedDescription,
  { endpoints }: GadgetDescription,
  text: TextFinder,
): string[] {
  const powered = (tree.attributes & 0x40) !== 0 ? 'self-powered' : 'bus-powered';
  const wakeup = (tree.attributes & 0x20) !== 0 ? ', remote wakeup' : '';
  const power = `${tree.maxPower * POWER_UNIT[speed]} mA`;
  const lines = [`  Configuration ${tree.value}: ${powered}${wakeup}, ${power}${suffix(text(tree.stringIndex))}`];
  const all = tree.interfaces.flatMap(({ alternates }) => alternates.flatMap((setting) => setting.endpoints));
  const width = Math.max(0, ...all.map((endpoint) => endpointText(endpoint, speed).length)) + 3;
  for (const { number, alternates } of tree.interfaces)
    for (const setting of alternates) {
      const { association } = setting;
      if (association !== undefined)
        lines.push(`    ${associationText(association)}${suffix(text(association.stringIndex))}`);
      const alternate = alternates.length === 1 ? '' : `, alternate setting ${setting.alternate}`;
      lines.push(`    Interface ${number}${alternate}: ${interfaceText(setting)}${suffix(text(setting.stringIndex))}`);
      lines.push(...extraLines(setting).map((line) => `      ${line}`));
      for (const endpoint of setting.endpoints) {
        const name = endpoints.find(
          (one) => one.configuration === tree.value && one.address === endpoint.address,
        )?.name;
        lines.push(`      ${endpointText(endpoint, speed).padEnd(width)}${name ?? ''}`.trimEnd());
      }
    }
  return lines;
}

const suffix = (text: string): string => (text === '' ? '' : `, ${text}`);

function deviceClass({ deviceClass: code, deviceSubClass, deviceProtocol }: QualifierDescriptor): string {
  return code === 0 ? 'each interface has its own' : classText(code, deviceSubClass, deviceProtocol);
}

function interfaceText({ interfaceClass, interfaceSubClass, interfaceProtocol }: AlternateSetting): string {
  return `class ${classText(interfaceClass, interfaceSubClass, interfaceProtocol)}`;
}

function associationText(association: InterfaceAssociation): string {
  const { firstInterface, interfaceCount, functionClass, functionSubClass, functionProtocol } = association;
  const last = firstInterface + interfaceCount - 1;
  const range = interfaceCount === 1 ? `interface ${firstInterface}` : `interfaces ${firstInterface} to ${last}`;
  return `Interface Association: ${range}, class ${classText(functionClass, functionSubClass, functionProtocol)}`;
}

function classText(code: number, subclass: number, protocol: number): string {
  const name = className(code);
  return `0x${hex(code, 2)}/0x${hex(subclass, 2)}/0x${hex(protocol, 2)}${name === undefined ? '' : ` (${name})`}`;
}

function endpointText(endpoint: EndpointTree, speed: DescribedSpeed): string {
  const type = transferType(endpoint);
  const direction = endpointDirection(endpoint.address).toUpperCase();
  return `0x${hex(endpoint.address, 2)} ${direction.padEnd(4)}${type.padEnd(12)} ${packetText(endpoint, speed)}`;
}

function packetText(endpoint: EndpointTree, speed: DescribedSpeed): string {
  const type = transferType(endpoint);
  const { companion, attributes, interval } = endpoint;
  const times = speed === 'high' ? transactionsPerInterval(endpoint) : 1;
  const parts = [`${times > 1 ? `${times} x ` : ''}${packetSize(endpoint)} bytes`];
  if (companion && companion.maxBurst > 0) parts.push(`bursts of ${companion.maxBurst + 1}`);
  if (type === 'isochronous' && companion && companion.attributes > 0) parts.push(`mult ${companion.attributes + 1}`);
  if (type === 'interrupt' || type === 'isochronous') {
    parts.push(`every ${intervalMilliseconds(type, speed, interval)} ms`);
    if (companion) parts.push(`${companion.bytesPerInterval} bytes each time`);
  }
  if (type === 'isochronous') {
    const words = [SYNCHRONIZATION[(attributes >> 2) & 3], USAGE[(attributes >> 4) & 3]];
    parts.push(...words.filter((word) => word !== undefined && word !== ''));
  }
  return parts.join(', ');
}

function capabilityText(capability: DeviceCapability, webUsb: WebUsbDescription | undefined): string {
  switch (capability.type) {
    case 'usb2-extension':
      return `USB 2.0 extension: ${(capability.attributes & 2) !== 0 ? 'link power management' : 'nothing'}`;
    case 'superspeed': {
      const speeds = SPEED_BITS.filter((_, bit) => (capability.speeds & (1 << bit)) !== 0).join(', ');
      const from = SPEED_BITS[capability.functionality] ?? capability.functionality;
      const exit = `leaves U1 in ${capability.u1ExitLatency} us, U2 in ${capability.u2ExitLatency} us`;
      return `SuperSpeed: ${speeds}; all functions from ${from} on; ${exit}`;
    }
    case 'superspeed-plus':
      return `SuperSpeedPlus: ${capability.sublinkSpeeds.length} sublink speeds`;
    case 'platform':
      return platformText(capability, webUsb);
    case 'other':
      return `capability 0x${hex(capability.capability, 2)}: ${capability.data.length} bytes`;
  }
}
