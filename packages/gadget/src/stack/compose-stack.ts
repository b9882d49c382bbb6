import { CLOCK, ResourceScope, TRACE_SINK } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { FUNCTION_FS } from '@gadgetloom/functionfs';
import { SERIAL_PORTS } from '@gadgetloom/kernel-functions';
import { USB_DEVICE_CONTROLLER, type UsbGadget } from '@gadgetloom/udc';
import { FUNCTION_REGISTRY } from '@gadgetloom/udc/model';
import { checkGadget, gadgetProblemsError } from '../definition/check.ts';
import type { GadgetDefinition } from '../definition/definition.ts';
import { configurationsOf, isKernelFunction, programFunctions } from '../definition/gadget-parts.ts';
import { fitProblems } from '../descriptors/endpoint-fit.ts';
import type { FunctionHost } from '../function/function-host.ts';
import { KernelPorts } from '../function/kernel-ports.ts';
import { ProgramFunctions } from '../function/program-functions.ts';
import { type LoadModule, useFunctions } from '../function/use-functions.ts';
import { type CompositionOptions, composePiecesFor, type Pieces } from './compose-pieces.ts';
import type { StackEvent } from './function-control.ts';
import { functionEndpoints } from './function-endpoints.ts';
import { openGadget } from './open-gadget.ts';
import { errorReport } from './report-error.ts';
import type { SetupHandler } from './setup-request.ts';
import { Stack } from './stack.ts';
import { StackBuffers } from './stack-buffers.ts';
import { type FunctionActivity, StackEvents } from './stack-events.ts';
import { undone } from './undone.ts';

/** A gadget, and the backends and plugins that it runs on. */
export interface ComposeOptions<D extends GadgetDefinition = GadgetDefinition> extends CompositionOptions {
  readonly gadget: D;
  /**
   * Binds the gadget at once, so that the host sees it; `true` unless given. With `false`, call
   * `stack.usbGadget.bind()`.
   */
  readonly bind?: boolean;
  /** The first handler of control requests. It is in place before the host can send any. */
  readonly onSetup?: SetupHandler;
  /** The first listener for events. It misses none. */
  readonly onEvent?: (event: StackEvent) => void;
  /** The first listener for what functions do. */
  readonly onActivity?: (activity: FunctionActivity) => void;
  /** Loads the modules of functions that a gadget file takes by `use`: `(module) => import(module)`. */
  readonly load?: LoadModule;
  /**
   * Gets errors that no caller waits for: a handler threw, or an ep0 failed. The stack goes on. A trace gets the
   * same errors. With neither `onError` nor a trace, they are printed on the console.
   */
  readonly onError?: (error: unknown) => void;
}

/**
 * Runs a gadget: chooses the backend, makes its pieces, creates the gadget, opens its endpoint files and binds it. If a
 * step fails, the function undoes all steps before it.
 *
 * @throws InputError the gadget is wrong, no controller can provide an endpoint, a backend is unknown or cannot run
 *   here, a token is provided twice or not at all
 * @throws KernelError the backend reports an error
 *
 * @example await using stack = await composeStack({ gadget, backends: [linux(), mock()] });
 */
export async function composeStack<const D extends GadgetDefinition>(options: ComposeOptions<D>): Promise<Stack<D>> {
  checkGadget(options.gadget);
  const gadget = await useFunctions(options.gadget, options.load);
  if (gadget !== options.gadget) checkGadget(gadget);
  const functions = programFunctions(gadget);
  const needs = [USB_DEVICE_CONTROLLER, DMA_BUF_EXPORTER, ...(functions.length > 0 ? [FUNCTION_FS] : [])];
  const scope = new ResourceScope();
  try {
    const pieces = scope.use(await composePiecesFor(gadget, options, needs));
    return await open({ ...options, gadget }, pieces, scope);
  } catch (failure) {
    throw await undone(scope, failure);
  }
}

async function open<D extends GadgetDefinition>(
  options: ComposeOptions<D>,
  pieces: Pieces,
  scope: ResourceScope,
): Promise<Stack<D>> {
  const { gadget } = options;
  const clock = pieces.resolve(CLOCK);
  const trace = pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
  const exporter = pieces.resolve(DMA_BUF_EXPORTER);
  const functionFs = pieces.isRegistered(FUNCTION_FS) ? pieces.resolve(FUNCTION_FS) : undefined;
  const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
  const problems = fitProblems(gadget, controller);
  if (problems.length > 0) throw gadgetProblemsError(gadget, problems);
  const events = scope.use(
    new StackEvents(eventfulConfigurations(gadget), errorReport({ onError: options.onError, trace, clock })),
  );
  if (options.onEvent) events.onEvent(options.onEvent);
  if (options.onActivity) events.onActivity(options.onActivity);
  scope.use(controller.onStateChange((state) => events.stateChanged(state)));
  const buffers: StackBuffers = new StackBuffers(exporter, (buffer) => {
    // Without a bound gadget, closing the endpoint files detaches the buffer; see Stack.close.
    if (usbGadget?.bound)
      for (const { endpoints } of functions) for (const endpoint of endpoints) endpoint.release(buffer);
  });
  const functions = functionEndpoints(gadget, events.error);
  const ports = new KernelPorts(gadget, pieces);
  const host: FunctionHost = {
    clock,
    pieces,
    allocate: (wanted) => buffers.allocate(wanted),
    onEvent: (listener) => events.onEvent(listener),
    report: events.error,
    activity: (name, text) => events.activity({ function: name, text }),
  };
  const behaviours = new ProgramFunctions(functions, host, ports);
  scope.onClose(() => behaviours.close());
  events.onSetup((request) => behaviours.answer(request));
  if (options.onSetup) events.onSetup(options.onSetup);
  let usbGadget: UsbGadget | undefined;
  try {
    await behaviours.start();
    usbGadget = await openGadget({
      ...{ gadget, controller, functionFs, functions, scope },
      allControlRecipients: behaviours.wantsAllRecipients,
      listener: events,
      backend: pieces.backend,
      serialPorts: pieces.isRegistered(SERIAL_PORTS) ? pieces.resolve(SERIAL_PORTS) : undefined,
      simulated: pieces.isRegistered(FUNCTION_REGISTRY) ? pieces.resolve(FUNCTION_REGISTRY).types : undefined,
    });
    const bound = usbGadget;
    await ports.prepare();
    scope.onClose(() => ports.close());
    if (options.bind !== false) await bound.bind();
    scope.onClose(async () => {
      if (bound.bound) await bound.unbind();
    });
  } catch (failure) {
    behaviours.stop();
    await behaviours.settle();
    await buffers.close();
    throw failure;
  }
  trace?.event({
    at: clock.now(),
    source: 'gadget',
    what: 'open',
    details: { gadget: usbGadget.name, controller: controller.name },
  });
  return new Stack({
    ...{ gadget, pieces, controller, exporter, clock, trace, usbGadget, functions, behaviours, buffers, events, scope },
  });
}

/** Names of the functions of each configuration that report whether they are enabled. */
function eventfulConfigurations(gadget: GadgetDefinition): string[][] {
  return configurationsOf(gadget).map(({ definition }) =>
    definition.functions.filter((name) => !isKernelFunction(gadget.functions[name]!)),
  );
}
