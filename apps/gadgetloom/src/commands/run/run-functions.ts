import type { Plugin } from '@gadgetloom/core';
import { BEHAVIOUR, composeStack, type FunctionDefinition, type StackEvent } from '@gadgetloom/gadget';
import { type GadgetFile, titleOf } from '../../gadget-file.ts';
import type { Output } from '../../terminal/output.ts';
import { StopSignals } from './stop-signals.ts';

/** Options of {@link runFunctions}. */
export interface RunFunctionsOptions {
  readonly backends: readonly Plugin[];
  readonly backend: string | undefined;
  readonly environment: string | undefined;
  /** Prints one JSON object per line. */
  readonly json: boolean | undefined;
}

/** What happens to a function, in words for people; the other events are of no interest to them. */
const EVENTS: Partial<Record<StackEvent['type'], string>> = {
  ENABLE: 'enabled by the host',
  DISABLE: 'disabled by the host',
  SUSPEND: 'suspended: the bus sleeps',
  RESUME: 'resumed',
};

/** Milliseconds of the timer that keeps the program running; the longest that Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Runs the functions of a gadget until somebody stops the program, and shows what each does. @returns exit status */
export async function runFunctions(gadget: GadgetFile, options: RunFunctionsOptions, output: Output): Promise<number> {
  const { definition } = gadget;
  const names = Object.keys(definition.functions);
  const width = Math.max(...names.map((name) => name.length));
  const show = (name: string, kind: 'event' | 'activity' | 'error', text: string): void => {
    if (options.json) output.line(JSON.stringify({ function: name, [kind]: text }));
    else output.line(`${name.padEnd(width)}  ${text}`, width + 2);
  };
  const failed = (error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    if (options.json) output.line(JSON.stringify({ error: text }));
    else output.error(`A function failed and goes on: ${text}`);
  };
  // Functions may tell something while they start, before the title stands there.
  const early: (() => void)[] = [];
  let later = (line: () => void): void => void early.push(line);
  // From here on, Ctrl-C leaves nothing behind.
  using signals = new StopSignals();
  await using stack = await composeStack({
    gadget: definition,
    backends: options.backends,
    backend: options.backend,
    environment: options.environment,
    onEvent: ({ function: name, type }) => {
      const words = EVENTS[type];
      if (words !== undefined) later(() => show(name, 'event', words));
    },
    onActivity: ({ function: name, text }) => later(() => show(name, 'activity', text)),
    onError: (error) => later(() => failed(error)),
  });
  if (!options.json) {
    output.line(`${titleOf(gadget)} on ${stack.backend} (${stack.controller.name}); Ctrl-C stops it`, 2);
    for (const name of names) output.line(`${name.padEnd(width)}  ${kindOf(definition.functions[name]!)}`, width + 2);
  }
  for (const line of early) line();
  later = (line) => line();
  await stopped(signals.stopped);
  // Closing disables every function, which is no news.
  later = () => {};
  await stack.close();
  if (!options.json) output.line('stopped: the gadget is unplugged, and everything is closed', 2);
  return signals.status;
}

function kindOf(definition: FunctionDefinition): string {
  if ('kernel' in definition) return `${definition.kernel} of the kernel`;
  return definition[BEHAVIOUR]?.kind ?? 'endpoints only: no program serves them';
}

/** Resolves when the signal is aborted. Keeps the program running until then. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {}, LONGEST_TIMER);
    const end = (): void => {
      clearInterval(timer);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
