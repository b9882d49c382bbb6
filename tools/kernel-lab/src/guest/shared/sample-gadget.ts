import { type LinuxOptions, linux } from '@gadgetloom/backend-linux';
import { bulk, composeStack, defineGadget, type GadgetDefinition, type Stack } from '@gadgetloom/gadget';

/** One function with an endpoint in each direction: what most suites of the lab stream through. */
export const sampleGadget = defineGadget({
  name: 'lab',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { samples: bulk.in(), commands: bulk.out() } } },
}) satisfies GadgetDefinition;

/** The stack of the sample gadget. */
export type SampleStack = Stack<typeof sampleGadget>;

/** The endpoints' places in the device's descriptors, by which the host knows them. */
export const SAMPLES = 0;
export const COMMANDS = 1;

/** Opens the sample gadget on the guest's controller. */
export function openSampleStack(options: LinuxOptions = {}): Promise<SampleStack> {
  return composeStack({ gadget: sampleGadget, backends: [linux({ virtual: true, ...options })] });
}
