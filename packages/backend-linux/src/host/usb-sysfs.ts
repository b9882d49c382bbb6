import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsbSpeed } from '@gadgetloom/udc';
import { fileCallAsync } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** A device that the kernel has enumerated, from /sys/bus/usb/devices. Source: usb/core/sysfs.c. */
export interface SysfsDevice {
  readonly path: string;
  /** File of usbfs. */
  readonly file: string;
  readonly speed: UsbSpeed;
  /** bConfigurationValue of the active configuration. */
  readonly configuration: number;
  /** The device descriptor, followed by every configuration descriptor. */
  readonly descriptors: Uint8Array;
}

/** Host controllers that virtual device controllers are wired to, by driver. */
const WIRED_TO: Readonly<Record<string, (controller: string) => string>> = {
  // dummy_hcd.c, init: the platform devices of both ends of a cable have the same number.
  dummy_udc: (controller) => controller.replace('dummy_udc', 'dummy_hcd'),
};

const SPEEDS: Readonly<Record<string, UsbSpeed>> = {
  '1.5': 'low',
  '12': 'full',
  '480': 'high',
  '5000': 'super',
  '10000': 'super-plus',
  '20000': 'super-plus',
};

/**
 * Returns the name of the host controller that is wired to a device controller; `undefined` if it is not on this
 * machine.
 */
export function hostControllerOf(controller: string, driver: string): string | undefined {
  return WIRED_TO[driver]?.(controller);
}

/**
 * Finds the first configured device behind a host controller.
 *
 * @param hostController name of its platform device: `'dummy_hcd.0'`
 */
export async function findConfiguredDevice(
  paths: LinuxPaths,
  hostController: string,
): Promise<SysfsDevice | undefined> {
  const root = join(paths.sys, 'bus/usb/devices');
  if (!existsSync(root)) return undefined;
  for (const name of readdirSync(root).sort()) {
    // Root hubs and interfaces are skipped.
    if (name.startsWith('usb') || name.includes(':')) continue;
    const path = join(root, name);
    if (!linkOf(path).includes(`/${hostController}/`)) continue;
    const device = await readDevice(paths, path);
    if (device !== undefined) return device;
  }
  return undefined;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The device was disconnected meanwhile.
    return '';
  }
}

/** Reads off the event loop, because the read can wait for the device's lock, which drivers hold while they probe. */
async function readDevice(paths: LinuxPaths, path: string): Promise<SysfsDevice | undefined> {
  const attribute = async (name: string): Promise<string> => (await readFile(join(path, name), 'utf8')).trim();
  try {
    const configuration = Number(await attribute('bConfigurationValue'));
    if (configuration === 0) return undefined;
    const [bus, address] = await Promise.all([attribute('busnum'), attribute('devnum')]);
    return {
      path,
      file: join(paths.dev, 'bus/usb', bus.padStart(3, '0'), address.padStart(3, '0')),
      speed: SPEEDS[await attribute('speed')] ?? 'high',
      configuration,
      descriptors: await fileCallAsync(`read ${path}/descriptors`, () => readFile(join(path, 'descriptors'))),
    };
  } catch {
    // The device was disconnected meanwhile, or is not complete yet.
    return undefined;
  }
}
