import { InputError, type Plugin, suggestion } from '@gadgetloom/core';
import { fieldError } from '../definition/check.ts';
import type { EnvironmentDefinition, GadgetDefinition } from '../definition/definition.ts';
import type { FieldPath } from '../definition/problem.ts';
import { type BackendSpec, parseBackendSpec } from './backend-spec.ts';
import { because, probed } from './probe.ts';

/** Variables of the environment, as `process.env` has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export interface BackendChoice {
  /** Name of the backend, with options if needed (`'linux:virtual'`). It wins over every other choice. */
  readonly backend?: string | undefined;
  /** Row of the gadget's `environments`. It wins over GADGETLOOM_ENV. */
  readonly environment?: string | undefined;
  readonly env: EnvironmentVariables;
}

/**
 * Returns the backend to use: the one named by argument, by GADGETLOOM_BACKEND or by the environment table of the
 * gadget, in this order, or else the first that can run here.
 *
 * @throws InputError an unknown backend or environment, one that cannot run here, or none that can
 */
export async function chooseBackend(
  gadget: GadgetDefinition | undefined,
  backends: readonly Plugin[],
  choice: BackendChoice,
): Promise<Plugin> {
  const twin = backends.find(({ name }, index) => backends.findIndex((other) => other.name === name) < index);
  if (twin !== undefined) throw new InputError(`two backends are named "${twin.name}"; pass only one of them.`);
  const asked =
    named(choice.backend, 'the option `backend`') ?? named(choice.env['GADGETLOOM_BACKEND'], 'GADGETLOOM_BACKEND');
  const row = gadget && environmentRow(gadget, choice, asked === undefined);
  if (asked === undefined && row === undefined) return firstUsable(backends);
  const wanted = asked ?? rowBackend(row!);
  const found = backends.find(({ name }) => name === wanted.name);
  if (found === undefined) {
    const names = backends.map(({ name }) => name);
    const known = names.length === 0 ? 'no backends were passed' : `known here: ${names.join(', ')}`;
    const message = `there is no backend "${wanted.name}", which ${wanted.by} names; ${known}${suggestion(wanted.name, names)}`;
    throw gadget && wanted.path ? fieldError(gadget, wanted.path, message) : new InputError(message);
  }
  const inRow = row && gadget ? configured(gadget, found, row) : found;
  const plugin = asked === undefined ? inRow : adjusted(inRow, asked);
  const probe = await probed(plugin);
  if (!probe.ok) throw new InputError(`backend "${plugin.name}" cannot run here: ${because(probe)}`);
  return plugin;
}

interface Wanted extends BackendSpec {
  /** The source of the choice, for messages. */
  readonly by: string;
  readonly path?: FieldPath;
}

function named(text: string | undefined, by: string): Wanted | undefined {
  return text === undefined || text === '' ? undefined : { ...parseBackendSpec(text, by), by };
}

function rowBackend({ name, definition }: Row): Wanted {
  return {
    name: definition.backend,
    options: {},
    by: `environment "${name}"`,
    path: ['environments', name, 'backend'],
  };
}

interface Row {
  readonly name: string;
  readonly definition: EnvironmentDefinition;
}

/**
 * Returns the row of the environment table that applies, if any.
 *
 * @param decides whether the row chooses the backend; a row that only has options may be missing
 */
function environmentRow(
  gadget: GadgetDefinition,
  { environment, env }: BackendChoice,
  decides: boolean,
): Row | undefined {
  const table = gadget.environments ?? {};
  const name = environment || env['GADGETLOOM_ENV'] || 'default';
  if (Object.hasOwn(table, name)) return { name, definition: table[name]! };
  // GADGETLOOM_ENV may be set for other gadgets; a gadget without a table ignores it.
  const must = environment ? true : gadget.environments !== undefined && Boolean(env['GADGETLOOM_ENV']);
  if (!must || !decides) return undefined;
  const names = Object.keys(table);
  const by = environment ? 'the option `environment`' : 'GADGETLOOM_ENV';
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  const message = `the gadget has no environment "${name}", which ${by} names; ${known}${suggestion(name, names)}`;
  throw fieldError(gadget, ['environments'], message);
}

/** Returns the backend with its options from the environment table. */
function configured(gadget: GadgetDefinition, plugin: Plugin, row: Row): Plugin {
  if (row.definition.backend !== plugin.name) return plugin;
  const { backend: _, ...options } = row.definition;
  const names = Object.keys(options);
  if (names.length === 0) return plugin;
  const path = ['environments', row.name, names[0]!];
  if (plugin.configure === undefined) {
    throw fieldError(
      gadget,
      path,
      `backend "${plugin.name}" takes no options; environment "${row.name}" gives it ${names.join(', ')}.`,
    );
  }
  try {
    return plugin.configure(options);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const field = (cause as { field?: string }).field;
    const place = field !== undefined && names.includes(field) ? ['environments', row.name, field] : path;
    throw fieldError(gadget, place, cause.message);
  }
}

/** Returns the backend with the options named with it, which override those of the environment table. */
function adjusted(plugin: Plugin, { options, by }: Wanted): Plugin {
  const names = Object.keys(options).join(', ');
  if (names === '') return plugin;
  if (plugin.configure === undefined)
    throw new InputError(`backend "${plugin.name}" takes no options; ${by} gives it ${names}.`);
  try {
    return plugin.configure(options);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new InputError(`${by} has options for backend "${plugin.name}": ${cause.message}`, {}, { cause });
  }
}

async function firstUsable(backends: readonly Plugin[]): Promise<Plugin> {
  const reasons: string[] = [];
  for (const plugin of backends) {
    const probe = await probed(plugin);
    if (probe.ok) return plugin;
    reasons.push(`${plugin.name}: ${because(probe)}`);
  }
  throw new InputError(`none of the backends can run here. ${reasons.join(' ')}`);
}
