import { setTimeout as pause } from 'node:timers/promises';
import { linux } from '@gadgetloom/backend-linux';
import { composeStack, type GadgetDefinition, type SetupHandler, type Stack } from '@gadgetloom/gadget';
import type { OutsideServices } from '../../dwc3/outside/services.ts';
import { type GuestOptions, type GuestUsage, guestProgram } from './guest-suite.ts';
import { KernelLog } from './kernel-log.ts';
import { callOutside } from './outside.ts';
import { SuiteReport } from './suite-report.ts';

/** Milliseconds that a check takes at most, unless said otherwise. */
const PATIENCE = 30_000;

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

/** Opens a gadget on Linux's dwc3 driver, once the one before it is gone for the host. */
export async function openOnDwc3<const Gadget extends GadgetDefinition>(
  gadget: Gadget,
  { onSetup, heap }: OpenOptions = {},
): Promise<Stack<Gadget>> {
  await host.gone();
  const backends = [linux({ controller: 'dwc3-gadget', ...(heap === undefined ? {} : { heap }) })];
  return composeStack({ gadget, backends, env: {}, ...(onSetup === undefined ? {} : { onSetup }) });
}

/** The checks of a program that runs a gadget on Linux's dwc3 driver. */
export class Dwc3Suite {
  readonly #report = new SuiteReport();
  readonly #log = new KernelLog();
  readonly #patience: number;

  /** @param patience milliseconds that a check takes at most */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Runs a check: it is over in time, and the kernel has warned of nothing. */
  async check(name: string, run: () => Promise<void>): Promise<void> {
    await this.#report.check(name, async () => {
      await withinTime(run(), this.#patience);
      this.#log.expectClean();
    });
  }

  /** Prints the sum. Nothing is checked after it. */
  end(): void {
    this.#report.end();
    outside[Symbol.dispose]();
    // What hangs is not waited for.
    process.exit();
  }
}

/** A program with such checks. Its last statement is `suite.end()`. */
export function dwc3Suite<const Options extends GuestOptions = Record<never, never>>(
  usage: GuestUsage<Options> & { readonly patience?: number },
): ReturnType<typeof guestProgram<Options>> & { readonly suite: Dwc3Suite } {
  return { ...guestProgram(usage), suite: new Dwc3Suite(usage.patience ?? PATIENCE) };
}

async function withinTime(work: Promise<void>, patience: number): Promise<void> {
  const ended = new AbortController();
  const late = async (): Promise<void> => {
    await pause(patience, undefined, { signal: ended.signal });
    throw new Error(`It takes more than ${patience / 1000} s.`);
  };
  try {
    await Promise.race([work, late()]);
  } finally {
    ended.abort();
  }
}
