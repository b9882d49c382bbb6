import type { Clock } from './clock.ts';
import { type Token, token } from './token.ts';
import type { TraceSink } from './trace.ts';

/** Whether a plugin can work on this machine, and if not, why and what to do about it. */
export type ProbeResult =
  | { readonly ok: true; readonly summary?: string }
  | { readonly ok: false; readonly reason: string; readonly advice: string };

/** One thing that a probe looked at, and how it is. */
export interface Finding {
  readonly name: string;
  /** Without it the backend cannot run; otherwise it only can do less. */
  readonly required: boolean;
  readonly result: ProbeResult;
}

/** Gives what was registered. Only valid while a stack is composed; no transfer ever resolves anything. */
export interface Resolver {
  /** @throws InputError if nothing provides the token, or if making it needs itself */
  resolve<T>(token: Token<T>): T;
  /** Whether somebody provides the token; what is optional is asked for so. */
  isRegistered(token: Token<unknown>): boolean;
}

/** What a plugin registers its pieces with: one per stack. */
export interface Container extends Resolver {
  /**
   * Registers how to make the piece. It is made once per stack, on first use; if it is `Disposable` or
   * `AsyncDisposable` the stack closes it, in reverse order of making.
   */
  register<T>(token: Token<T>, provider: { readonly useFactory: (resolver: Resolver) => T }): void;
}

/** A backend, or a single replaceable piece of a stack: what npm packages export. */
export interface Plugin {
  /** A short name that people type, such as `'mock'`, or the npm name of the package. */
  readonly name: string;
  /** One line for people. */
  readonly description?: string;
  /** What it registers. Two plugins of one stack must not provide the same piece. */
  readonly provides: readonly Token<unknown>[];
  /** What it needs from others. */
  readonly requires?: readonly Token<unknown>[];
  /**
   * The same plugin with options from a gadget file, such as `{ speed: 'high' }`. A plugin without it takes none.
   *
   * @throws InputError an option is unknown or wrong; its `field` is the name of the option
   */
  configure?(options: Readonly<Record<string, unknown>>): Plugin;
  /** Whether it can run here. Changes nothing, and opens nothing that stays open. What it throws counts as a no. */
  probe(): ProbeResult | Promise<ProbeResult>;
  /** Everything that the probe looks at, for people who want to know. Changes nothing. */
  inspect?(): readonly Finding[] | Promise<readonly Finding[]>;
  /** Registers each piece of `provides` and no other. Makes nothing yet: that is for the factories. */
  register(container: Container): void;
}

/** The time the stack lives in. Simulated backends default to a virtual clock. */
export const CLOCK: Token<Clock> = token('@gadgetloom/core:Clock');
/** Where events go. Optional: resolve it only if registered. */
export const TRACE_SINK: Token<TraceSink> = token('@gadgetloom/core:TraceSink');
