import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** A controller as /sys/class/udc lists it. */
export interface UdcEntry {
  /** As `'fe800000.usb'`. */
  readonly name: string;
  readonly path: string;
  /** As in the uevent: `'dwc3-gadget'`. */
  readonly driver: string;
  /** No hardware: dummy_hcd, or the device end of USB/IP. */
  readonly virtual: boolean;
  /** As in sysfs: `'super-speed'`; empty if the driver does not tell. */
  readonly maximumSpeed: string;
  /** Name of the gadget that is bound to it; empty if there is none. */
  readonly usedBy: string;
}

/**
 * Whether the drivers set usb_gadget.sg_supported, which FunctionFS asks for and user space cannot see. Of the others
 * ATTACH tells.
 */
export const SCATTER_GATHER: Readonly<Record<string, boolean>> = {
  'dwc3-gadget': true,
  ci_hdrc: true,
  'musb-hdrc': false,
  'usbip-vudc': false,
};

/** Drivers without hardware. */
const VIRTUAL: readonly string[] = ['dummy_udc', 'usbip-vudc'];

/** Which controller is wanted, if not the first with hardware. */
export interface ControllerChoice {
  /** Name or driver; of several with the same driver, one that is free. */
  readonly controller?: string;
  /** Take one without hardware if there is no other; asking for one by name needs no permission. */
  readonly virtual?: boolean;
}

/** Controllers of this machine, by name. */
export function listControllers(paths: LinuxPaths): UdcEntry[] {
  const root = join(paths.sys, 'class/udc');
  if (!existsSync(root)) return [];
  return fileCall(`list ${root}`, () => readdirSync(root))
    .sort()
    .map((name) => {
      const path = join(root, name);
      const uevent = fileCall(`read ${path}/uevent`, () => readFileSync(join(path, 'uevent'), 'utf8'));
      const driver = /^USB_UDC_NAME=(.*)$/m.exec(uevent)?.[1] ?? 'unknown';
      const maximumSpeed = attributeOf(path, 'maximum_speed').replace(/^UNKNOWN$/i, '');
      const usedBy = attributeOf(path, 'function');
      return { name, path, driver, virtual: VIRTUAL.includes(driver), maximumSpeed, usedBy };
    });
}

/** The controller to use; or why there is none, and what to do about it. */
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

/** Controllers with what tells them apart: `fe800000.usb (dwc3-gadget, super-speed, used by the gadget "scope")`. */
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

/** {@link findController}. @throws KernelError ENODEV there is none */
export function chooseController(paths: LinuxPaths, choice: ControllerChoice): UdcEntry {
  const found = findController(paths, choice);
  if ('name' in found) return found;
  throw new KernelError('ENODEV', 'choose a controller', `${found.reason} ${found.advice}`);
}
