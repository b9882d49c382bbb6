import { isKernelError, type ResourceScope } from '@gadgetloom/core';
import type { FunctionFs } from '@gadgetloom/functionfs';
import type { UsbDeviceController, UsbGadget } from '@gadgetloom/udc';
import { fieldError } from '../definition/check.ts';
import type { GadgetDefinition, ProgramFunction } from '../definition/definition.ts';
import { isKernelFunction, programFunctions } from '../definition/gadget-parts.ts';
import { endpointPlans, functionBlobs } from '../descriptors/function-blobs.ts';
import { gadgetConfig } from '../descriptors/gadget-config.ts';
import { type ControlListener, FunctionControl } from './function-control.ts';
import { StackEndpoint } from './stack-endpoint.ts';

/** Options for opening a gadget. */
export interface GadgetOpening {
  readonly gadget: GadgetDefinition;
  readonly controller: UsbDeviceController;
  /** Gadgets that only have functions of the kernel do not need it. */
  readonly functionFs: FunctionFs | undefined;
  /** Gets events and control requests. Without it, nobody reads ep0. */
  readonly listener?: ControlListener;
  /** Name of the backend, for errors. */
  readonly backend: string | undefined;
  /** Owns everything that was opened, also when a later step fails. */
  readonly scope: ResourceScope;
}

/** A gadget that is ready to be bound. */
export interface OpenGadget {
  readonly usbGadget: UsbGadget;
  /** By full name, in the order of the definition. */
  readonly endpoints: ReadonlyMap<string, StackEndpoint>;
}

/**
 * Creates the gadget, writes the descriptors and strings of the program's functions, and opens their endpoint files.
 */
export async function openGadget(opening: GadgetOpening): Promise<OpenGadget> {
  const { gadget, functionFs, scope } = opening;
  const usbGadget = scope.use(await createGadget(opening));
  const endpoints = new Map<string, StackEndpoint>();
  if (functionFs === undefined) return { usbGadget, endpoints };
  for (const [name, definition] of programFunctions(gadget)) {
    for (const endpoint of await openFunction(opening, functionFs, name, definition))
      endpoints.set(endpoint.gadgetName, endpoint);
  }
  return { usbGadget, endpoints };
}

async function createGadget({ gadget, controller, backend }: GadgetOpening): Promise<UsbGadget> {
  try {
    return await controller.createGadget(gadgetConfig(gadget));
  } catch (cause) {
    if (!isKernelError(cause, 'ENOENT')) throw cause;
    const missing = Object.entries(gadget.functions).find(
      ([name, definition]) => isKernelFunction(definition) && cause.operation.includes(`${definition.kernel}.${name}`),
    );
    if (missing === undefined || !isKernelFunction(missing[1])) throw cause;
    const [name, { kernel }] = missing;
    const who = backend === undefined ? `the controller ${controller.name}` : `backend "${backend}"`;
    const message =
      `function "${name}" is the Linux kernel's "${kernel}", which ${who} does not have: ` +
      `only a real Linux kernel that was built with it does (${cause.message})`;
    throw fieldError(gadget, ['functions', name, 'kernel'], message, { cause });
  }
}

async function openFunction(
  { gadget, listener, scope }: GadgetOpening,
  functionFs: FunctionFs,
  name: string,
  definition: ProgramFunction,
): Promise<StackEndpoint[]> {
  const blobs = functionBlobs(gadget, name, definition);
  const mount = scope.use(await functionFs.mount(name));
  const ep0 = scope.use(await mount.openEp0({ nonblock: true }));
  await ep0.write(blobs.descriptors);
  await ep0.write(blobs.strings);
  const endpoints: StackEndpoint[] = [];
  for (const { file, name: endpoint, placed } of endpointPlans(definition)) {
    const opened = await mount.openEndpoint(file, { nonblock: true });
    endpoints.push(scope.use(new StackEndpoint(`${name}.${endpoint}`, placed.definition, opened)));
  }
  if (listener) scope.use(new FunctionControl(name, ep0, listener));
  return endpoints;
}
