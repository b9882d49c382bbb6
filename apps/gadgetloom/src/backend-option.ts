import { isInputError, type Plugin, suggestion } from '@gadgetloom/core';
import { parseBackendSpec } from '@gadgetloom/gadget/backends';
import { UsageError } from './usage-error.ts';

/**
 * Parses `--backend`: a name, with options after a colon. Without it the function checks GADGETLOOM_BACKEND in the same
 * way, and leaves the choice to the composition.
 *
 * @param option the option that has the text, for the message of an error
 * @throws UsageError there is no such backend, or it does not take these options
 */
export function backendOption(
  text: string | undefined,
  backends: readonly Plugin[],
  option = '--backend',
): string | undefined {
  if (text !== undefined) check(text, option, backends);
  else {
    const variable = process.env['GADGETLOOM_BACKEND'];
    if (variable) check(variable, 'GADGETLOOM_BACKEND', backends);
  }
  return text;
}

function check(text: string, by: string, backends: readonly Plugin[]): void {
  try {
    const { name, options } = parseBackendSpec(text, by);
    const found = backends.find((backend) => backend.name === name);
    if (found === undefined) throw unknown(name, by, backends);
    if (Object.keys(options).length === 0) return;
    if (found.configure === undefined) throw new UsageError(`${by} is "${text}"; ${name} takes no options.`);
    configure(found, options, `${by} is "${text}"`);
  } catch (cause) {
    throw isInputError(cause) ? new UsageError(cause.message, { cause }) : cause;
  }
}

function configure(backend: Plugin, options: Readonly<Record<string, unknown>>, found: string): void {
  try {
    backend.configure?.(options);
  } catch (cause) {
    throw isInputError(cause) ? new UsageError(`${found}: ${cause.message}`, { cause }) : cause;
  }
}

function unknown(name: string, by: string, backends: readonly Plugin[]): UsageError {
  const names = backends.map((backend) => backend.name);
  const allowed = names.map((one) => `"${one}"`).join(' or ');
  return new UsageError(
    `${by} is "${name}"; allowed is ${allowed}${suggestion(name, names)} \`gadgetloom backends\` tells which can run here.`,
  );
}
