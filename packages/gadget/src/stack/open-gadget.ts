import { isKernelError, type KernelError, type ResourceScope } from '@gadgetloom/core';
import type { FunctionFs } from '@gadgetloom/functionfs';
import { SERIAL_FUNCTIONS, type SerialPorts } from '@gadgetloom/kernel-functions';
import type { UsbDeviceController, UsbGadget } from '@gadgetloom/udc';
import { fieldError } from '../definition/check.ts';
import type { GadgetDefinition } from '../definition/definition.ts';
import { isKernelFunction } from '../definition/gadget-parts.ts';
import { endpointPlans, functionBlobs } from '../descriptors/function-blobs.ts';
import { gadgetConfig } from '../descriptors/gadget-config.ts';
import { type ControlListener, FunctionControl } from './function-control.ts';
import type { FunctionEndpoints } from './function-endpoints.ts';

/** Options for opening a gadget. */
export interface GadgetOpening {
  readonly gadget: GadgetDefinition;
  readonly controller: UsbDeviceController;
  /** Gadgets that only have functions of the kernel do not need it. */
  readonly functionFs: FunctionFs | undefined;
  /** The functions of the program, whose endpoints are to be opened. */
  readonly functions: readonly FunctionEndpoints[];
  /** Each function also gets control requests that are addressed to no function. */
  readonly allControlRecipients?: boolean;
  /** Gets events and control requests. Without it, nobody reads ep0. */
  readonly listener?: ControlListener;
  /** Name of the backend, for errors. */
  readonly backend: string | undefined;
  /** The terminals of serial functions of the kernel. */
  readonly serialPorts?: SerialPorts | undefined;
  /** Types of functions that a simulated kernel has, for errors; `undefined` for a real one. */
  readonly simulated?: readonly string[] | undefined;
  /** Owns everything that was opened, also when a later step fails. */
  readonly scope: ResourceScope;
}

/**
 * Creates the gadget, writes the descriptors and strings of the program's functions, and opens their endpoint files. The
 * gadget is then ready to be bound.
 */
export async function openGadget(opening: GadgetOpening): Promise<UsbGadget> {
  const { functionFs, functions, scope } = opening;
  const usbGadget = scope.use(await createGadget(opening));
  await prepareSerialPorts(opening, usbGadget.name);
  if (functionFs !== undefined) for (const one of functions) await openFunction(opening, functionFs, one);
  return usbGadget;
}

async function createGadget(opening: GadgetOpening): Promise<UsbGadget> {
  const { gadget, controller } = opening;
  try {
    return await controller.createGadget(gadgetConfig(gadget));
  } catch (cause) {
    if (!isKernelError(cause, 'ENOENT')) throw cause;
    throw missingPart(opening, cause) ?? cause;
  }
}

/** The error for a function of the kernel that is not there, or lacks an attribute; `undefined` if it is another one. */
function missingPart({ gadget, controller, backend, simulated }: GadgetOpening, cause: KernelError): Error | undefined {
  const missing = Object.entries(gadget.functions).find(
    ([name, definition]) => isKernelFunction(definition) && cause.operation.includes(`${definition.kernel}.${name}`),
  );
  if (missing === undefined || !isKernelFunction(missing[1])) return undefined;
  const [name, { kernel }] = missing;
  const who = backend === undefined ? `the controller ${controller.name}` : `backend "${backend}"`;
  if (!cause.operation.startsWith('mkdir')) {
    const message = `function "${name}" has an attribute that ${who} does not have (${cause.message})`;
    return fieldError(gadget, ['functions', name, 'attributes'], message, { cause });
  }
  const advice =
    simulated === undefined
      ? `does not have: only a real Linux kernel that was built with it does (${cause.message})`
      : `does not simulate; it simulates ${kernelTypes(simulated)}. Use one of these, or run the gadget on real Linux.`;
  const message = `function "${name}" is the Linux kernel's "${kernel}", which ${who} ${advice}`;
  return fieldError(gadget, ['functions', name, 'kernel'], message, { cause });
}

/** Lists the functions of the kernel; FunctionFS is for functions of the program. */
function kernelTypes(types: readonly string[]): string {
  const kernels = types.filter((type) => type !== 'ffs');
  return kernels.length === 0 ? 'none' : kernels.join(', ');
}

/** A host must not see an echo from terminals that no program has opened yet. */
async function prepareSerialPorts({ gadget, serialPorts }: GadgetOpening, name: string): Promise<void> {
  if (serialPorts === undefined) return;
  for (const [instance, definition] of Object.entries(gadget.functions))
    if (isKernelFunction(definition) && SERIAL_FUNCTIONS.includes(definition.kernel))
      await serialPorts.prepare({ gadget: name, type: definition.kernel, instance });
}

async function openFunction(
  { gadget, allControlRecipients, listener, scope }: GadgetOpening,
  functionFs: FunctionFs,
  { name, definition, endpoints, state }: FunctionEndpoints,
): Promise<void> {
  const blobs = functionBlobs(gadget, name, { ...definition, ...(allControlRecipients && { allControlRecipients }) });
  const mount = scope.use(await functionFs.mount(name));
  const ep0 = scope.use(await mount.openEp0({ nonblock: true }));
  await ep0.write(blobs.descriptors);
  await ep0.write(blobs.strings);
  for (const [index, { file }] of endpointPlans(definition).entries()) {
    const endpoint = scope.use(endpoints[index]!);
    const { gadgetName } = endpoint;
    endpoint.opened(await mount.openEndpoint(file, { nonblock: true, gadgetName }));
  }
  if (listener) scope.use(new FunctionControl(name, ep0, endpoints, state, listener));
}
