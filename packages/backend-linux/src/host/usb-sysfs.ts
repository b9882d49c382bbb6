import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsbSpeed } from '@gadgetloom/udc';
import { fileCallAsync } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** A device that the kernel has enumerated, as /sys/bus/usb/devices shows it. Source: usb/core/sysfs.c. */
export interface SysfsDevice {
  readonly path: string;
  /** File of usbfs. */
  readonly file: string;
  readonly speed: UsbSpeed;
  /** bConfigurationValue of the configuration that is set. */
  readonly configuration: number;
  /** The device descriptor, and behind it every configuration as it was read. */
  readonly descriptors: Uint8Array;
}

/** Host controllers of this machine that device controllers without hardware are wired to, by the driver. */
const WIRED_TO: Readonly<Record<string, (controller: string) => string>> = {
  // dummy_hcd.c, init: platform devices of the same number, each one end of a cable.
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

/** Name of the host controller that is wired to a device controller; `undefined` if there is none on this machine. */
export function hostControllerOf(controller: string, driver: string): string | undefined {
  return WIRED_TO[driver]?.(controller);
}

/**
 * The first device behind a host controller that has a configuration, if there is one already.
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
    // Root hubs, and interfaces.
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
    // It was disconnected meanwhile.
    return '';
  }
}

/** Reading may wait for the lock of the device, which its drivers hold while they begin: so never on the event loop. */
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
    // It was disconnected meanwhile, or is not complete yet.
    return undefined;
  }
}
