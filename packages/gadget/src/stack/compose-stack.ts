import { CLOCK, ResourceScope, TRACE_SINK } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { FUNCTION_FS } from '@gadgetloom/functionfs';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { checkGadget, gadgetProblemsError } from '../definition/check.ts';
import type { GadgetDefinition } from '../definition/definition.ts';
import { configurationsOf, isKernelFunction, programFunctions } from '../definition/gadget-parts.ts';
import { fitProblems } from '../descriptors/endpoint-fit.ts';
import { type CompositionOptions, composePiecesFor, type Pieces } from './compose-pieces.ts';
import { openGadget } from './open-gadget.ts';
import { errorReport } from './report-error.ts';
import type { SetupHandler } from './setup-request.ts';
import { Stack } from './stack.ts';
import { StackEvents } from './stack-events.ts';
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
  const { gadget } = options;
  checkGadget(gadget);
  const functions = programFunctions(gadget);
  const needs = [USB_DEVICE_CONTROLLER, DMA_BUF_EXPORTER, ...(functions.length > 0 ? [FUNCTION_FS] : [])];
  const scope = new ResourceScope();
  try {
    const pieces = scope.use(await composePiecesFor(gadget, options, needs));
    return await open(options, pieces, scope);
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
  scope.use(controller.onStateChange((state) => events.stateChanged(state)));
  if (options.onSetup) events.onSetup(options.onSetup);
  const opening = { gadget, controller, functionFs, listener: events, backend: pieces.backend, scope };
  const opened = await openGadget(opening);
  const { usbGadget } = opened;
  if (options.bind !== false) await usbGadget.bind();
  scope.onClose(async () => {
    if (usbGadget.bound) await usbGadget.unbind();
  });
  trace?.event({
    at: clock.now(),
    source: 'gadget',
    what: 'open',
    details: { gadget: usbGadget.name, controller: controller.name },
  });
  return new Stack({ gadget, pieces, controller, exporter, clock, trace, ...opened, events, scope });
}

/** Names of the functions of each configuration that report whether they are enabled. */
function eventfulConfigurations(gadget: GadgetDefinition): string[][] {
  return configurationsOf(gadget).map(({ definition }) =>
    definition.functions.filter((name) => !isKernelFunction(gadget.functions[name]!)),
  );
}
