import type { GadgetConfig, UsbFunction } from '@gadgetloom/udc';
import { type ConfigfsGadget, UdcModel } from '@gadgetloom/udc/model';
import { stillClock, TinyController, type TinyOptions } from './tiny-controller.ts';
import { registryOf } from './tiny-function.ts';

/** A gadget description with one configuration of all functions, and the given fields on top. */
export function gadgetOf(functions: readonly UsbFunction[], fields: Partial<GadgetConfig> = {}): GadgetConfig {
  const links = functions.map(({ name }) => ({ type: 'tiny', instance: name.slice('tiny.'.length) }));
  return {
    name: 'g1',
    vendorId: 0x1d6b,
    productId: 0x0104,
    configurations: [{ value: 1, functions: links }],
    ...fields,
  };
}

/** A gadget bound to a tiny controller, which the host has seen at `speed`. */
export function boundGadget(
  functions: readonly UsbFunction[],
  fields: Partial<GadgetConfig> = {},
  options: TinyOptions = {},
): { controller: TinyController; udc: UdcModel; gadget: ConfigfsGadget } {
  const controller = new TinyController(options);
  const udc = new UdcModel({ controller, functions: registryOf(...functions), clock: stillClock() });
  const gadget = udc.makeGadget(gadgetOf(functions, fields));
  gadget.register();
  return { controller, udc, gadget };
}
