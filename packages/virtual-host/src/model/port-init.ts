import { Errno, KernelError } from '@gadgetloom/core';
import { DescriptorType } from '@gadgetloom/udc';
import { BOS_HEADER_SIZE, type BosDescriptor, parseBosDescriptor } from '../descriptors/bos-descriptor.ts';
import {
  DEVICE_DESCRIPTOR_SIZE,
  type DeviceDescriptor,
  parseDeviceDescriptor,
} from '../descriptors/device-descriptor.ts';
import { requests } from '../requests.ts';
import { isSuperSpeed } from '../speed.ts';
import { type Connection, stepError } from './connection.ts';

/** How often the host tries to initialize a port before it gives up (PORT_INIT_TRIES). */
export const PORT_INIT_TRIES = 4;
const descriptorTries = 2;
const maxPacketTries = 3;
const addressTries = 2;

/** What the host learns by initializing a port. */
export interface PortInit {
  readonly descriptor: DeviceDescriptor;
  /** Present from bcdUSB 2.01 on, if the device sends it. */
  readonly bos: BosDescriptor | undefined;
}

/**
 * Resets the device, finds the packet size of endpoint 0, gives the device its address and reads the device descriptor
 * and the BOS. Source: hub.c, hub_port_init.
 *
 * @param attempt from 0; the second half of {@link PORT_INIT_TRIES} addresses the device before it reads anything
 * @param known the descriptor of a device that is reset; its packet size must still be the same
 * @throws KernelError that names the step that failed
 */
export async function initializePort(
  connection: Connection,
  attempt: number,
  known?: DeviceDescriptor,
): Promise<PortInit> {
  await connection.reset();
  if (known === undefined) connection.control.maxPacketSize = firstGuess(connection);

  const readFirst = !isSuperSpeed(connection.speed) && attempt < PORT_INIT_TRIES / 2;
  const size = readFirst ? await readThenAddress(connection, known) : await addressThenRead(connection, known);
  adoptPacketSize(connection, size);

  const descriptor = await readDeviceDescriptor(connection);
  if (isSuperSpeed(connection.speed) && descriptor.usbVersion < 0x0300) {
    const advice = 'the device runs at SuperSpeed and says that it is older than USB 3.0.';
    throw new KernelError('EINVAL', 'device descriptor', advice);
  }
  return { descriptor, bos: descriptor.usbVersion >= 0x0201 ? await readBos(connection) : undefined };
}

/** Reads 64 bytes of the device descriptor at address 0, as Windows does, then resets again and sets the address. */
async function readThenAddress(connection: Connection, known: DeviceDescriptor | undefined): Promise<number> {
  const step = 'GET_DESCRIPTOR(device), 64 bytes';
  let size = 0;
  for (let tries = 0; tries < descriptorTries; tries++) {
    if (tries > 0) await connection.pause(100);
    size = await readPacketSize(connection, 64, tries === 0);
    expectSameSize(size, known);
    await connection.reset();
    if (size < 0) continue;
    await setAddress(connection);
    return size;
  }
  throw stepError(step, size, size === -Errno.EPROTO ? badDescriptor : undefined);
}

/** Sets the address, then reads the first 8 bytes of the device descriptor, which have the packet size. */
async function addressThenRead(connection: Connection, known: DeviceDescriptor | undefined): Promise<number> {
  const step = 'GET_DESCRIPTOR(device), 8 bytes';
  let size = 0;
  for (let tries = 0; tries < descriptorTries; tries++) {
    if (tries > 0) await connection.pause(100);
    if (connection.state !== 'addressed') await setAddress(connection);
    size = await readPacketSize(connection, 8, tries === 0);
    if (size < 0) continue;
    expectSameSize(size, known);
    // Devices may refuse this request.
    if (isSuperSpeed(connection.speed)) await connection.control.message(requests.setIsochDelay(0));
    return size;
  }
  throw stepError(step, size, size === -Errno.EPROTO ? badDescriptor : undefined);
}

const badDescriptor = 'there was no answer, or no device descriptor with a valid bMaxPacketSize0.';

/** bMaxPacketSize0, or a negative errno (get_bMaxPacketSize0). */
async function readPacketSize(connection: Connection, length: number, first: boolean): Promise<number> {
  let result = 0;
  for (let tries = 0; tries < maxPacketTries && !connection.lost; tries++) {
    const buffer = new Uint8Array(length);
    result = await connection.control.message(requests.getDescriptor(DescriptorType.DEVICE, 0, length), buffer);
    const size = buffer[7]!;
    if (buffer[1] === DescriptorType.DEVICE && [8, 16, 32, 64, 9].includes(size)) return size;
    if (result >= 0) result = -Errno.EPROTO;
    const fast = connection.speed !== 'low' && connection.speed !== 'full';
    // Some devices need a second reset before they answer.
    if (result === -Errno.ETIMEDOUT && first && fast) break;
  }
  return result;
}

async function setAddress(connection: Connection): Promise<void> {
  let result = 0;
  for (let tries = 0; tries < addressTries; tries++) {
    if (tries > 0) await connection.pause(200);
    result = await connection.control.message(requests.setAddress(connection.address));
    if (result >= 0) break;
  }
  if (result < 0) throw stepError(`SET_ADDRESS(${connection.address})`, result);
  connection.setState('addressed');
  connection.control.flush();
  await connection.pause(10);
}

function firstGuess({ speed }: Connection): number {
  if (isSuperSpeed(speed)) return 512;
  return speed === 'low' ? 8 : 64;
}

function expectSameSize(size: number, known: DeviceDescriptor | undefined): void {
  if (size <= 0 || known === undefined || size === known.maxPacketSize0) return;
  const advice = `bMaxPacketSize0 was ${known.maxPacketSize0} and is ${size} after the reset.`;
  throw new KernelError('ENODEV', 'device descriptor', advice);
}

function adoptPacketSize(connection: Connection, size: number): void {
  const { control, speed } = connection;
  const bytes = isSuperSpeed(speed) ? (size <= 16 ? 2 ** size : 0) : size;
  if (bytes === control.maxPacketSize) return;
  const valid = isSuperSpeed(speed) ? bytes > 0 : speed !== 'low' && [8, 16, 32, 64].includes(bytes);
  if (!valid) {
    throw new KernelError('EMSGSIZE', 'device descriptor', `bMaxPacketSize0 is ${size}, which ${speed} speed forbids.`);
  }
  control.maxPacketSize = bytes;
  control.flush();
}

async function readDeviceDescriptor(connection: Connection): Promise<DeviceDescriptor> {
  const step = `GET_DESCRIPTOR(device), ${DEVICE_DESCRIPTOR_SIZE} bytes`;
  const bytes = new Uint8Array(DEVICE_DESCRIPTOR_SIZE);
  const result = await connection.readDescriptor(DescriptorType.DEVICE, 0, bytes);
  if (result < 0) throw stepError(step, result);
  if (result < bytes.length) throw new KernelError('EMSGSIZE', step, `the device sent only ${result} bytes.`);
  return parseDeviceDescriptor(bytes);
}

/** Reads the BOS. The host uses a device without it if it cannot be read (usb_get_bos_descriptor). */
async function readBos(connection: Connection): Promise<BosDescriptor | undefined> {
  const header = new Uint8Array(BOS_HEADER_SIZE);
  const result = await connection.readDescriptor(DescriptorType.BOS, 0, header);
  connection.expectPresent('GET_DESCRIPTOR(BOS)');
  const total = header[2]! | (header[3]! << 8);
  if (result < BOS_HEADER_SIZE || header[0]! < BOS_HEADER_SIZE || total < header[0]!) {
    connection.notice('the BOS descriptor cannot be read');
    return undefined;
  }
  const bytes = new Uint8Array(total);
  const read = await connection.readDescriptor(DescriptorType.BOS, 0, bytes);
  connection.expectPresent('GET_DESCRIPTOR(BOS)');
  if (read < total) {
    connection.notice(`the BOS descriptor set has ${total} bytes; the device sent ${Math.max(read, 0)}`);
    return undefined;
  }
  return parseBosDescriptor(bytes);
}
