import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { SCATTER_GATHER } from './scatter-gather.ts';

/** A controller as /sys/class/udc lists it. */
export interface UdcEntry {
  /** The name in sysfs: `'fe800000.usb'`. */
  readonly name: string;
  readonly path: string;
  /**
   * `'dwc3-gadget'`, `'dwc2'`: the gadget's name in the uevent if {@link SCATTER_GATHER} lists it, else the device's
   * driver.
   */
  readonly driver: string;
  /** No hardware: dummy_hcd, or the device end of USB/IP. */
  readonly virtual: boolean;
  /** The value in sysfs: `'super-speed'`; empty if the driver does not give one. */
  readonly maximumSpeed: string;
  /** Name of the gadget that is bound to the controller; empty if there is none. */
  readonly usedBy: string;
}

/** Drivers without hardware. */
const VIRTUAL: readonly string[] = ['dummy_udc', 'usbip-vudc'];

/** Selects a controller. The default is the first one with hardware. */
export interface ControllerChoice {
  /** Name or driver. If several controllers have this driver, a free one is preferred. */
  readonly controller?: string;
  /** Accept a controller without hardware if there is no other. A controller that is named needs no permission. */
  readonly virtual?: boolean;
}

/** Lists the controllers of this machine, sorted by name. */
export function listControllers(paths: LinuxPaths): UdcEntry[] {
  const root = join(paths.sys, 'class/udc');
  if (!existsSync(root)) return [];
  return fileCall(`list ${root}`, () => readdirSync(root))
    .sort()
    .map((name) => {
      const path = join(root, name);
      const uevent = fileCall(`read ${path}/uevent`, () => readFileSync(join(path, 'uevent'), 'utf8'));
      const driver = driverOf(path, /^USB_UDC_NAME=(.*)$/m.exec(uevent)?.[1]);
      const maximumSpeed = attributeOf(path, 'maximum_speed').replace(/^UNKNOWN$/i, '');
      const usedBy = attributeOf(path, 'function');
      return { name, path, driver, virtual: VIRTUAL.includes(driver), maximumSpeed, usedBy };
    });
}

/**
 * Returns the driver of a controller. dwc2 names its gadget after the *device*, such as `fe980000.usb`, and ChipIdea
 * after its glue; for these, the link `device/driver` names the driver.
 */
function driverOf(path: string, named: string | undefined): string {
  if (named !== undefined && SCATTER_GATHER[named] !== undefined) return named;
  const link = join(path, 'device/driver');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return named ?? 'unknown';
  return basename(fileCall(`read ${link}`, () => readlinkSync(link)));
}

/** Returns the controller to use, or why there is none and what to do about it. */
export function findController(
  paths: LinuxPaths,
  { controller, virtual = false }: ControllerChoice,
): UdcEntry | { readonly reason: string; readonly advice: string } {
  const all = listControllers(paths);
  const hardware = all.filter((entry) => !entry.virtual);
  const any = hardware.length > 0 || !virtual ? hardware : all;
  const named = (field: 'name' | 'driver'): UdcEntry[] => all.filter((entry) => entry[field] === controller);
  const candidates = controller === undefined ? any : [...named('name'), ...named('driver')];
  const found = candidates.find(({ usedBy }) => usedBy === '') ?? candidates[0];
  if (found !== undefined) return found;
  const known = describeControllers(all);
  if (known === '')
    return {
      reason: 'no controller in /sys/class/udc: this machine has no USB device port, or its driver is not loaded.',
      advice:
        'On a board with such a port, load the driver and have the device tree put the port into peripheral mode (Raspberry Pi: `dtoverlay=dwc2,dr_mode=peripheral`); elsewhere, use a simulated backend.',
    };
  if (controller !== undefined)
    return { reason: `there is no controller "${controller}" in /sys/class/udc.`, advice: `Choose one of ${known}.` };
  return {
    reason: `there are only controllers without hardware: ${known}.`,
    advice: `Ask for one by name, or with the option \`virtual\`: --controller ${all[0]!.name}, --backend linux:virtual.`,
  };
}

/** Describes controllers for messages: `fe800000.usb (dwc3-gadget, super-speed, used by the gadget "scope")`. */
export function describeControllers(all: readonly UdcEntry[]): string {
  return all
    .map(({ name, driver, maximumSpeed, usedBy }) => {
      const facts = [driver, maximumSpeed, usedBy === '' ? 'free' : `used by the gadget "${usedBy}"`];
      return `${name} (${facts.filter((fact) => fact !== '').join(', ')})`;
    })
    .join(', ');
}

function attributeOf(path: string, attribute: string): string {
  const file = join(path, attribute);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** Like {@link findController}, but throws. @throws KernelError ENODEV there is no such controller */
export function chooseController(paths: LinuxPaths, choice: ControllerChoice): UdcEntry {
  const found = findController(paths, choice);
  if ('name' in found) return found;
  throw new KernelError('ENODEV', 'choose a controller', `${found.reason} ${found.advice}`);
}
