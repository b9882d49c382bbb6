import { KernelError } from '@gadgetloom/core';
import { DescriptorType, type UsbSpeed } from '@gadgetloom/udc';
import type { BosDescriptor } from '../descriptors/bos-descriptor.ts';
import {
  CONFIGURATION_HEADER_SIZE,
  type HostAlternate,
  type HostConfiguration,
  parseConfiguration,
} from '../descriptors/configuration.ts';
import type { DeviceDescriptor } from '../descriptors/device-descriptor.ts';
import { isSuperSpeed } from '../speed.ts';
import { DeviceStrings } from '../strings.ts';
import { type Connection, stepError } from './connection.ts';
import type { PortInit } from './port-init.ts';

const qualifierSize = 10;
const maxConfigurations = 8;

/** What the host knows about a device before it configures it. */
export interface DeviceKnowledge {
  readonly descriptor: DeviceDescriptor;
  readonly bos: BosDescriptor | undefined;
  readonly configurations: readonly HostConfiguration[];
  readonly strings: DeviceStrings;
}

/**
 * Reads the configurations and the product, manufacturer and serial number strings of an addressed device. At full speed
 * it also asks whether the device could be faster. Source: hub.c, check_highspeed and usb_enumerate_device.
 *
 * @param hostSpeed the fastest speed of the host
 * @throws KernelError that names the step that failed; a string that cannot be read is no failure
 */
export async function readDevice(
  connection: Connection,
  init: PortInit,
  hostSpeed: UsbSpeed,
): Promise<DeviceKnowledge> {
  const { descriptor, bos } = init;
  if (descriptor.usbVersion >= 0x0200 && connection.speed === 'full' && hostSpeed !== 'low' && hostSpeed !== 'full') {
    await probeHighSpeed(connection);
  }
  const configurations = await readConfigurations(connection, descriptor.configurationCount);
  const strings = new DeviceStrings(connection);
  await strings.read(descriptor.productIndex);
  await strings.read(descriptor.manufacturerIndex);
  await strings.read(descriptor.serialNumberIndex);
  connection.expectPresent('strings');
  return { descriptor, bos, configurations, strings };
}

async function probeHighSpeed(connection: Connection): Promise<void> {
  const qualifier = new Uint8Array(qualifierSize);
  const result = await connection.readDescriptor(DescriptorType.DEVICE_QUALIFIER, 0, qualifier);
  if (result === qualifierSize) connection.notice('the device could run at high speed');
}

async function readConfigurations(connection: Connection, declared: number): Promise<HostConfiguration[]> {
  if (declared === 0) {
    throw new KernelError('EINVAL', 'device descriptor', 'the device has no configurations (bNumConfigurations is 0).');
  }
  if (declared > maxConfigurations) connection.notice(`${declared} configurations are too many; using 8`);
  const configurations: HostConfiguration[] = [];
  for (let index = 0; index < Math.min(declared, maxConfigurations); index++) {
    const bytes = await readConfiguration(connection, index);
    configurations.push(parseConfiguration(bytes, connection.speed, connection.notice));
  }
  return configurations;
}

/** Reads one configuration: first 9 bytes, which tell the length, then all. */
async function readConfiguration(connection: Connection, index: number): Promise<Uint8Array> {
  const step = `GET_DESCRIPTOR(configuration ${index})`;
  const header = new Uint8Array(CONFIGURATION_HEADER_SIZE);
  const got = await connection.readDescriptor(DescriptorType.CONFIG, index, header);
  if (got < 0) throw stepError(`${step}, 9 bytes`, got);
  if (got < 4) throw new KernelError('EINVAL', `${step}, 9 bytes`, `the device sent only ${got} bytes.`);

  const bytes = new Uint8Array(Math.max(header[2]! | (header[3]! << 8), CONFIGURATION_HEADER_SIZE));
  const result = await connection.readDescriptor(DescriptorType.CONFIG, index, bytes);
  if (result < 0) throw stepError(`${step}, ${bytes.length} bytes`, result);
  if (result < bytes.length) connection.notice(`configuration ${index} has ${result} bytes instead of ${bytes.length}`);
  return bytes.subarray(0, result);
}

/**
 * True if the device descriptor, BOS, configurations or serial number of a device are not the same after a reset.
 * Source: hub.c, descriptors_changed.
 */
export async function hasChanged(connection: Connection, known: DeviceKnowledge, now: PortInit): Promise<boolean> {
  if (!sameBytes(known.descriptor.bytes, now.descriptor.bytes)) return true;
  if (!sameBytes(known.bos?.bytes, now.bos?.bytes)) return true;
  for (const [index, { bytes }] of known.configurations.entries()) {
    const again = new Uint8Array(bytes.length);
    const result = await connection.readDescriptor(DescriptorType.CONFIG, index, again);
    if (result !== bytes.length || !sameBytes(bytes, again)) return true;
  }
  const { serialNumberIndex } = known.descriptor;
  const serialNumber = known.strings.known(serialNumberIndex);
  return serialNumber !== undefined && serialNumber !== (await known.strings.reread(serialNumberIndex));
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const vendorSpecific = 0xff;
const audio = 0x01;
const uac3 = 0x30;

/**
 * Chooses the configuration as a host with drivers for everything does: the first one whose first interface does not have
 * a vendor-specific class, otherwise the first. `undefined` if all of them need more current than the port supplies.
 * Source: generic.c, usb_choose_configuration.
 */
export function chooseConfiguration(
  { descriptor, configurations }: Pick<DeviceKnowledge, 'descriptor' | 'configurations'>,
  speed: UsbSpeed,
): HostConfiguration | undefined {
  const available = isSuperSpeed(speed) ? 900 : 500;
  let best: HostConfiguration | undefined;
  for (const [index, configuration] of configurations.entries()) {
    const first = configuration.interfaces[0]?.alternates[0];
    if (configuration.maxPower > available) continue;
    if (first?.interfaceClass === audio) {
      if (first.interfaceProtocol === uac3) return configuration;
      if (index === 0) best = configuration;
    } else if (index === 0 && configurations.length > 1 && first !== undefined && isForeignNetwork(first)) {
      best = configuration;
    } else if (
      descriptor.deviceClass !== vendorSpecific &&
      first !== undefined &&
      first.interfaceClass !== vendorSpecific
    ) {
      return configuration;
    } else {
      best ??= configuration;
    }
  }
  return best;
}

/** RNDIS and ActiveSync are chosen only if there is nothing else. */
function isForeignNetwork({ interfaceClass, interfaceSubClass, interfaceProtocol }: HostAlternate): boolean {
  return (
    (interfaceClass === 0x02 && interfaceSubClass === 2 && interfaceProtocol === vendorSpecific) ||
    (interfaceClass === 0xef && interfaceSubClass === 1 && interfaceProtocol === 1)
  );
}
