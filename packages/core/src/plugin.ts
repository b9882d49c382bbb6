import type { Clock } from './clock.ts';
import { type Token, token } from './token.ts';
import type { TraceSink } from './trace.ts';

/** Whether a plugin can work on this machine, and if not, why and what to do about it. */
export type ProbeResult =
  | {
      readonly ok: true;
      readonly summary?: string;
      /** Nothing speaks against it, but the machine does not tell. */
      readonly uncertain?: true;
    }
  | { readonly ok: false; readonly reason: string; readonly advice: string };

/** One thing that a probe looked at, and what it found. */
export interface Finding {
  readonly name: string;
  /** True if the backend cannot run without it. Otherwise the backend can do less without it. */
  readonly required: boolean;
  readonly result: ProbeResult;
}

/** Resolves tokens to what was registered. It is only used while a stack is composed, never by a transfer. */
export interface Resolver {
  /** @throws InputError if nothing provides the token, or if making it needs itself */
  resolve<T>(token: Token<T>): T;
  /** True if a plugin provides the token. Ask before you resolve an optional token. */
  isRegistered(token: Token<unknown>): boolean;
}

/** Takes the pieces that a plugin registers. Each stack has its own container. */
export interface Container extends Resolver {
  /**
   * Registers how to make the piece. It is made once per stack, on first use; if it is `Disposable` or
   * `AsyncDisposable` the stack closes it, in reverse order of making.
   */
  register<T>(token: Token<T>, provider: { readonly useFactory: (resolver: Resolver) => T }): void;
}

/** A backend, or a single replaceable piece of a stack. Packages on npm export functions that return one. */
export interface Plugin {
  /** A short name that people type, such as `'mock'`, or the npm name of the package. */
  readonly name: string;
  /** One line for people. */
  readonly description?: string;
  /** The tokens that it registers. Two plugins of one stack must not provide the same token. */
  readonly provides: readonly Token<unknown>[];
  /** The tokens that it needs from other plugins. */
  readonly requires?: readonly Token<unknown>[];
  /**
   * The same plugin with options from a gadget file, such as `{ speed: 'high' }`. A plugin without it takes none.
   *
   * @throws InputError an option is unknown or wrong; its `field` is the name of the option
   */
  configure?(options: Readonly<Record<string, unknown>>): Plugin;
  /** Tells whether the plugin can run here. It changes nothing and leaves nothing open. A probe that throws means no. */
  probe(): ProbeResult | Promise<ProbeResult>;
  /** Lists everything that the probe looks at, for people. Changes nothing. */
  inspect?(): readonly Finding[] | Promise<readonly Finding[]>;
  /** Registers each token of `provides` and no other. The factories make the pieces later. */
  register(container: Container): void;
}

/** The time the stack lives in. Simulated backends default to a virtual clock. */
export const CLOCK: Token<Clock> = token('@gadgetloom/core:Clock');
/** Receives the events of the stack. Optional: resolve it only if it is registered. */
export const TRACE_SINK: Token<TraceSink> = token('@gadgetloom/core:TraceSink');
