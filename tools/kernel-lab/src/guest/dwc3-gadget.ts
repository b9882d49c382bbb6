import { linux } from '@gadgetloom/backend-linux';
import { composeStack, type GadgetDefinition, type SetupHandler, type Stack } from '@gadgetloom/gadget';
import type { OutsideServices } from '../dwc3/outside/services.ts';
import { callOutside } from './outside.ts';

/** Who has the other end of the controller: one call for the whole program. */
export const outside = callOutside();

/** The host that the controller is plugged into. */
export const host: OutsideServices['host'] = outside.service('host');

/** What a gadget is opened with, besides the controller. */
export interface OpenOptions {
  readonly onSetup?: SetupHandler;
  /** DMA heap, or `'udmabuf'`, whose pages lie anywhere. */
  readonly heap?: string;
}

/** Opens a gadget on Linux's dwc3 driver. */
export function openOnDwc3<const Gadget extends GadgetDefinition>(
  gadget: Gadget,
  { onSetup, heap }: OpenOptions = {},
): Promise<Stack<Gadget>> {
  const backends = [linux({ controller: 'dwc3-gadget', ...(heap === undefined ? {} : { heap }) })];
  return composeStack({ gadget, backends, env: {}, ...(onSetup === undefined ? {} : { onSetup }) });
}

/** @throws Error two values differ */
export function expectEqual(found: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${one} instead of ${other}`);
}
