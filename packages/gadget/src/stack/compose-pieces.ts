import {
  CLOCK,
  type Clock,
  InputError,
  isInputError,
  type Plugin,
  type Resolver,
  SystemClock,
  type Token,
  TRACE_SINK,
  type TraceSink,
  tokenName,
} from '@gadgetloom/core';
import type { GadgetDefinition } from '../definition/definition.ts';
import { chooseBackend, type EnvironmentVariables } from './backends.ts';
import { PieceContainer, providedTwice } from './piece-container.ts';
import { because, probed } from './probe.ts';
import { undone } from './undone.ts';

/** The plugins of a stack, and the pieces that replace theirs. */
export interface CompositionOptions {
  /** Backends to choose from. The stack uses one of them. */
  readonly backends?: readonly Plugin[];
  /** Plugins. The stack uses all of them. */
  readonly plugins?: readonly Plugin[];
  /** Plugins whose pieces replace those of the others; `provide(TOKEN, make)` makes one for a single piece. */
  readonly overrides?: readonly Plugin[];
  /**
   * Name of the backend to use, with options if needed: `'linux:virtual'`. It wins over GADGETLOOM_BACKEND and the
   * gadget's `environments`. If none of them names a backend, the stack uses the first that can run here.
   */
  readonly backend?: string | undefined;
  /** Row of the gadget's `environments`. It wins over GADGETLOOM_ENV. */
  readonly environment?: string | undefined;
  /** Variables of the environment; those of the process unless given. */
  readonly env?: EnvironmentVariables;
  /** Replaces the backend's clock. The stack does not close it. */
  readonly clock?: Clock;
  /** Gets the trace events. The stack does not close it. */
  readonly trace?: TraceSink;
}

/** The pieces of a stack, each made on first use; disposing closes them in reverse order of making. */
export interface Pieces extends Resolver, AsyncDisposable {
  /** Name of the backend that was chosen, if there were any to choose from. */
  readonly backend: string | undefined;
  /** Names of all plugins, in the order in which they registered. */
  readonly plugins: readonly string[];
}

/**
 * Composes plugins without a gadget, for tools that use the ports directly. Pieces are made and opened when they are
 * resolved, but errors in the plugins are thrown here.
 *
 * @param needs tokens that must be provided
 * @throws InputError an unknown backend or one that cannot run here; a token that is provided twice or not at all
 */
export function composePieces(options: CompositionOptions, needs: readonly Token<unknown>[] = []): Promise<Pieces> {
  return composePiecesFor(undefined, options, needs);
}

/** {@link composePieces} for a gadget, whose environment table may choose the backend. */
export async function composePiecesFor(
  gadget: GadgetDefinition | undefined,
  options: CompositionOptions,
  needs: readonly Token<unknown>[],
): Promise<Pieces> {
  const { backends = [], plugins: extra = [], overrides = [], env = processEnvironment() } = options;
  const choice = { backend: options.backend, environment: options.environment, env };
  const chosen = backends.length > 0 || options.backend ? await chooseBackend(gadget, backends, choice) : undefined;
  for (const plugin of [...extra, ...overrides]) await requireUsable(plugin);
  const container = new PieceContainer();
  try {
    registerPieces(container, options, [...(chosen ? [chosen] : []), ...extra], needs);
  } catch (failure) {
    // A plugin may have resolved a piece while it registered.
    throw await undone(container, failure);
  }
  return {
    backend: chosen?.name,
    plugins: [...overrides, ...(chosen ? [chosen] : []), ...extra].map(({ name }) => name),
    resolve: (token) => container.resolve(token),
    isRegistered: (token) => container.isRegistered(token),
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}

/** @throws InputError a token is provided twice, or not at all */
function registerPieces(
  container: PieceContainer,
  { overrides = [], clock, trace }: CompositionOptions,
  plugins: readonly Plugin[],
  needs: readonly Token<unknown>[],
): void {
  if (clock) container.lend('the option `clock`', CLOCK, clock);
  if (trace) container.lend('the option `trace`', TRACE_SINK, trace);
  registerAll(container, overrides, () => false);
  const replaced = new Set(
    [CLOCK, TRACE_SINK, ...overrides.flatMap(({ provides }) => provides)].filter((token) =>
      container.isRegistered(token),
    ),
  );
  registerAll(container, plugins, (token) => replaced.has(token));
  // Backends that provide no clock run in real time.
  if (!container.isRegistered(CLOCK)) container.lend('core', CLOCK, new SystemClock());
  const all = [...overrides, ...plugins];
  for (const { name, requires = [] } of all)
    for (const token of requires) requirePiece(container, all, token, `plugin "${name}"`);
  for (const token of needs) requirePiece(container, all, token, 'the stack');
}

function processEnvironment(): EnvironmentVariables {
  return (globalThis as { process?: { env?: EnvironmentVariables } }).process?.env ?? {};
}

async function requireUsable(plugin: Plugin): Promise<void> {
  const probe = await probed(plugin);
  if (!probe.ok) throw new InputError(`plugin "${plugin.name}" cannot run here: ${because(probe)}`);
}

/** Checks that each plugin registers exactly what it declares, and that no two plugins declare the same token. */
function registerAll(
  container: PieceContainer,
  plugins: readonly Plugin[],
  replaced: (token: Token<unknown>) => boolean,
): void {
  const promised = new Map<Token<unknown>, string>();
  for (const { name, provides } of plugins)
    for (const token of provides) {
      if (replaced(token)) continue;
      const other = promised.get(token) ?? container.providerOf(token);
      if (other !== undefined) throw new InputError(providedTwice(token, other, name));
      promised.set(token, name);
    }
  for (const plugin of plugins) {
    try {
      plugin.register(container.registrar(plugin.name, replaced));
    } catch (cause) {
      if (isInputError(cause)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InputError(`plugin "${plugin.name}" cannot register its pieces: ${reason}`, {}, { cause });
    }
    const forgotten = plugin.provides.find((token) => !replaced(token) && container.providerOf(token) !== plugin.name);
    if (forgotten !== undefined)
      throw new InputError(
        `plugin "${plugin.name}" says that it provides ${tokenName(forgotten)}, but did not register it.`,
      );
  }
}

function requirePiece(container: PieceContainer, plugins: readonly Plugin[], token: Token<unknown>, who: string): void {
  if (container.isRegistered(token)) return;
  const there = plugins.map(({ name, provides }) => `"${name}" (${provides.map(tokenName).join(', ')})`);
  const known = there.length === 0 ? 'no plugins were passed' : `there are ${there.join(' and ')}`;
  throw new InputError(`${who} needs ${tokenName(token)}, which no plugin provides; ${known}.`);
}
