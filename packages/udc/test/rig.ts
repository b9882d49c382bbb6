import type { GadgetConfig, SetupPacket, UsbFunction } from '@gadgetloom/udc';
import { type ConfigfsGadget, UdcModel } from '@gadgetloom/udc/model';
import { type Control, setup, stillClock, TinyController, type TinyOptions } from './tiny-controller.ts';
import { registryOf, TinyFunction } from './tiny-function.ts';

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

/** A bound device of two functions: `tiny.a` has interfaces 0 and 1 and an endpoint of each direction, `tiny.b` has interface 2. */
export function twoFunctions(fields: Partial<GadgetConfig> = {}, options: TinyOptions = {}) {
  const log: string[] = [];
  const one = new TinyFunction(log, 'tiny.a', {
    endpoints: [0x81, 0x02],
    interfaces: 2,
    speeds: ['full', 'high', 'super'],
  });
  const two = new TinyFunction(log, 'tiny.b');
  const made = boundGadget([one, two], fields, { log, ...options });
  log.length = 0;
  return { ...made, one, two, log };
}

export function getDescriptor(type: number, index = 0, length = 0xffff, language = 0): SetupPacket {
  return setup(0x80, 6, (type << 8) | index, language, length);
}

export function setConfiguration(value: number): SetupPacket {
  return setup(0x00, 9, value);
}

/** The bytes that a control transfer brought. */
export function bytesOf(outcome: Control): Uint8Array {
  if (typeof outcome === 'string') throw new Error(`no data, but ${outcome}`);
  return Uint8Array.from(outcome.data);
}
