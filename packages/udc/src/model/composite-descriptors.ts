import { DescriptorType, type UsbSpeed } from '../chapter9.ts';
import { type DeviceCapability, encodeBos, WEBUSB_UUID } from '../descriptors/bos-descriptor.ts';
import { CONFIGURATION_SIZE } from '../descriptors/configuration-descriptor.ts';
import { joinDescriptors } from '../descriptors/descriptor-bytes.ts';
import {
  encodeDeviceDescriptor,
  encodeQualifierDescriptor,
  type QualifierDescriptor,
} from '../descriptors/device-descriptor.ts';
import type { GadgetController } from '../gadget-controller.ts';
import { atLeast, isSuperSpeed } from '../speed.ts';
import type { CompositeDevice } from './composite-device.ts';
import { type Configuration, ConfigurationAttribute } from './configuration.ts';
import { EP0_BUFFER_SIZE } from './control-reply.ts';
import { descriptorSpeed, descriptorsFor } from './function-descriptors.ts';

/** Default bcdDevice: the version of the kernel, here Linux 6.12 (get_default_bcdDevice). */
const DEFAULT_DEVICE_VERSION = 0x0612;

/**
 * bcdUSB for the controller's capabilities and the connection's speed (composite_setup, GET_DESCRIPTOR of the device).
 */
function usbVersion(controller: GadgetController, webUsb: boolean): number {
  if (isSuperSpeed(controller.maxSpeed)) return isSuperSpeed(controller.speed) ? 0x0320 : 0x0210;
  return controller.lpmCapable || webUsb ? 0x0201 : 0x0200;
}

/** The device descriptor. Later qualifiers show the same bcdUSB. */
export function deviceDescriptor(device: CompositeDevice): Uint8Array {
  const { config, ids } = device;
  const { controller } = device.core;
  device.usbVersion = usbVersion(controller, config.webUsb !== undefined);
  return encodeDeviceDescriptor({
    ...common(device),
    ...(isSuperSpeed(controller.speed) ? { maxPacketSize0: 9 } : {}),
    vendorId: config.vendorId,
    productId: config.productId,
    deviceVersion: config.deviceVersion ?? DEFAULT_DEVICE_VERSION,
    manufacturerIndex: ids[0] ?? 0,
    productIndex: ids[1] ?? 0,
    serialNumberIndex: ids[2] ?? 0,
    configurationCount: countConfigurations(device, controller.speed),
  });
}

/** The device qualifier: the device at the other one of full and high speed (device_qual). */
export function qualifierDescriptor(device: CompositeDevice): Uint8Array {
  const other = device.core.controller.speed === 'high' ? 'full' : 'high';
  return encodeQualifierDescriptor({ ...common(device), configurationCount: countConfigurations(device, other) });
}

function common(device: CompositeDevice): QualifierDescriptor {
  const { config } = device;
  return {
    usbVersion: device.usbVersion,
    deviceClass: config.deviceClass ?? 0,
    deviceSubClass: config.deviceSubClass ?? 0,
    deviceProtocol: config.deviceProtocol ?? 0,
    maxPacketSize0: device.core.ep0.maxPacket & 0xff,
    configurationCount: 0,
  };
}

function countConfigurations(device: CompositeDevice, speed: UsbSpeed | undefined): number {
  const wanted = atLeast(device.core.controller.maxSpeed, 'high') ? descriptorSpeed(speed) : 'full';
  return device.configurations.filter((configuration) => configuration.runsAt(wanted)).length;
}

/**
 * A configuration with the descriptors of its functions; `undefined` if none has this index at this speed, or if it is
 * larger than the buffer (config_desc, config_buf).
 *
 * @param index position among the configurations for this speed, the one with OS descriptors first
 */
export function configurationDescriptor(device: CompositeDevice, type: number, index: number): Uint8Array | undefined {
  const speed = speedToDescribe(device.core.controller, type);
  const first = device.osConfiguration;
  const ordered = first ? [first, ...device.configurations.filter((other) => other !== first)] : device.configurations;
  const configuration = ordered.filter((candidate) => candidate.runsAt(descriptorSpeed(speed)))[index];
  return configuration && encodeBound(configuration, speed, type);
}

function speedToDescribe(controller: GadgetController, type: number): UsbSpeed {
  const { speed } = controller;
  if (speed !== undefined && isSuperSpeed(speed)) return speed;
  if (!atLeast(controller.maxSpeed, 'high')) return 'full';
  return (speed === 'high') !== (type === DescriptorType.OTHER_SPEED_CONFIG) ? 'high' : 'full';
}

function encodeBound(configuration: Configuration, speed: UsbSpeed, type: number): Uint8Array | undefined {
  const superSpeed = isSuperSpeed(speed);
  const header = new Uint8Array(CONFIGURATION_SIZE);
  const functions = configuration.functions.map((link) => descriptorsFor(link.function, speed) ?? new Uint8Array());
  const bytes = joinDescriptors([header, ...functions]);
  if (bytes.length > EP0_BUFFER_SIZE) return undefined;
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CONFIGURATION_SIZE);
  view.setUint8(1, type);
  view.setUint16(2, bytes.length, true);
  view.setUint8(4, configuration.interfaces.length);
  view.setUint8(5, configuration.value);
  view.setUint8(6, configuration.textId);
  view.setUint8(7, ConfigurationAttribute.ALWAYS | configuration.attributes);
  view.setUint8(8, Math.floor(configuration.power(superSpeed) / (superSpeed ? 8 : 2)));
  return bytes;
}

/** The BOS descriptor; `undefined` if the device has none (bos_desc). */
export function bosDescriptor(device: CompositeDevice): Uint8Array | undefined {
  const { controller } = device.core;
  const { webUsb } = device.config;
  if (!isSuperSpeed(controller.maxSpeed) && !controller.lpmCapable && webUsb === undefined) return undefined;
  const { baselineBesl, deepBesl, u1ExitLatency = 1, u2ExitLatency = 500 } = controller.linkPower ?? {};
  const capabilities: DeviceCapability[] = [];
  if (controller.lpmCapable) {
    let attributes = 0b110; // link power management, with best effort service latency
    if (baselineBesl !== undefined) attributes |= (1 << 3) | ((baselineBesl & 0xf) << 8);
    if (deepBesl !== undefined) attributes |= (1 << 4) | ((deepBesl & 0xf) << 12);
    capabilities.push({ type: 'usb2-extension', attributes });
  }
  if (isSuperSpeed(controller.maxSpeed)) {
    capabilities.push({
      type: 'superspeed',
      attributes: 0,
      speeds: 0b1111,
      functionality: 1,
      u1ExitLatency,
      u2ExitLatency,
    });
  }
  if (atLeast(controller.maxSpeed, 'super-plus')) capabilities.push(GEN_2X1);
  if (webUsb !== undefined) {
    const version = webUsb.version || 0x0100;
    const data = Uint8Array.of(version & 0xff, version >> 8, webUsb.vendorCode, webUsb.landingPage ? 1 : 0);
    capabilities.push({ type: 'platform', uuid: WEBUSB_UUID, data });
  }
  return encodeBos(capabilities);
}

/** One lane of 10 Gbit/s in each direction: sublink id 0 for both, link protocol SuperSpeedPlus. */
const GEN_2X1: DeviceCapability = {
  type: 'superspeed-plus',
  attributes: 1,
  functionality: 0x1100,
  sublinkSpeeds: [0x000a_4030, 0x000a_40b0],
};
