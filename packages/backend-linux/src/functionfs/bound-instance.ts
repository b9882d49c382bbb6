import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxPaths } from '../kernel/paths.ts';

/**
 * True if the gadget of a FunctionFS instance is bound to a controller, whoever made it. False if configfs does not
 * tell.
 */
export function isInstanceBound({ configfs }: LinuxPaths, instance: string): boolean {
  const gadgets = join(configfs, 'usb_gadget');
  try {
    return readdirSync(gadgets).some(
      (gadget) =>
        existsSync(join(gadgets, gadget, 'functions', `ffs.${instance}`)) &&
        readFileSync(join(gadgets, gadget, 'UDC'), 'utf8').trim() !== '',
    );
  } catch {
    return false;
  }
}
