import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** A controller as /sys/class/udc lists it. */
export interface UdcEntry {
  /** As `'fe800000.usb'`. */
  readonly name: string;
  readonly path: string;
  /** `'dwc3-gadget'`, `'dwc2'`: the name in the uevent if {@link SCATTER_GATHER} knows it, else that of the device's driver. */
  readonly driver: string;
  /** No hardware: dummy_hcd, or the device end of USB/IP. */
  readonly virtual: boolean;
  /** As in sysfs: `'super-speed'`; empty if the driver does not tell. */
  readonly maximumSpeed: string;
  /** Name of the gadget that is bound to it; empty if there is none. */
  readonly usedBy: string;
}

/**
 * Whether a driver sets usb_gadget.sg_supported, which FunctionFS requires of a controller for DMABUFs and which user space
 * cannot see. `'depends'`: on the hardware. What drivers that are not listed do shows when a buffer is attached. Read in
 * drivers/usb of Linux 6.12.117, in the files that the comments name.
 */
export const SCATTER_GATHER: Readonly<Record<string, boolean | 'depends'>> = {
  'dwc3-gadget': true, // dwc3/gadget.c
  'cdnsp-gadget': true, // cdns3/cdnsp-gadget.c
  'usbhs-gadget': true, // gadget/udc/cdns2/cdns2-gadget.c
  ci_hdrc: true, // chipidea/udc.c
  'usb-ss-gadget': 'depends', // cdns3/cdns3-gadget.c: from version 2 of the controller on
  dwc2: 'depends', // dwc2/gadget.c: only with descriptor DMA
  'dwc2-pci': 'depends',
  'musb-hdrc': false, // nowhere in musb
  mtu3: false, // mtu3/mtu3_gadget.c
  bdc: false, // gadget/udc/bdc/bdc_udc.c
  'usbip-vudc': false, // nowhere in usbip
};

/** {@link SCATTER_GATHER} where it is certain. */
export function takesScatterGather(driver: string): boolean | undefined {
  const known = SCATTER_GATHER[driver];
  return known === 'depends' ? undefined : known;
}

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
      const driver = driverOf(path, /^USB_UDC_NAME=(.*)$/m.exec(uevent)?.[1]);
      const maximumSpeed = attributeOf(path, 'maximum_speed').replace(/^UNKNOWN$/i, '');
      const usedBy = attributeOf(path, 'function');
      return { name, path, driver, virtual: VIRTUAL.includes(driver), maximumSpeed, usedBy };
    });
}

/**
 * dwc2 and ChipIdea's glue for i.MX call their gadgets by the name of the *device*, such as `fe980000.usb`: there, the link
 * `device/driver` names the driver.
 */
function driverOf(path: string, named: string | undefined): string {
  if (named !== undefined && SCATTER_GATHER[named] !== undefined) return named;
  const link = join(path, 'device/driver');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return named ?? 'unknown';
  return basename(fileCall(`read ${link}`, () => readlinkSync(link)));
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
