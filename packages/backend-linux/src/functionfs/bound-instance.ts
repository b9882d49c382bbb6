import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxPaths } from '../kernel/paths.ts';

/** Whether the gadget of an instance of FunctionFS is bound to a controller, whoever made it; false where that cannot be seen. */
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
