import { suggestion } from '@gadgetloom/core';
import { describedSpeeds } from '../descriptors/speed.ts';
import { associationProblems } from './association-rules.ts';
import { classProblems } from './class-rules.ts';
import type { GadgetDefinition, InterfaceDefinition, ProgramFunction } from './definition.ts';
import { endpointProblems } from './endpoint-rules.ts';
import {
  configurationsOf,
  functionEndpoints,
  interfacesOf,
  isKernelFunction,
  isUsedFunction,
  programFunctions,
} from './gadget-parts.ts';
import { interfaceOsProblems, microsoftOsProblems, webUsbProblems } from './host-rules.ts';
import { kernelFunctionParts } from './kernel-function-parts.ts';
import { type FieldPath, fieldName, type Problem } from './problem.ts';
import { textProblems } from './text-rules.ts';

/** Most endpoints of one function (f_fs.c, FFS_MAX_EPS_COUNT). */
const ENDPOINT_LIMIT = 30;
/** Most endpoints of one direction in a configuration: numbers 1 to 15. */
const DIRECTION_LIMIT = 15;
/** Most interfaces of a configuration (composite.h, MAX_CONFIG_INTERFACES). */
const INTERFACE_LIMIT = 16;

/** Fields that a function has only if it is one interface itself. */
const INTERFACE_FIELDS = [
  'class',
  'subclass',
  'protocol',
  'description',
  'endpoints',
  'alternates',
  'hid',
  'dfu',
  'ccid',
  'descriptors',
  'microsoftOs',
] as const satisfies readonly (keyof InterfaceDefinition)[];

/**
 * Returns the problems of a definition whose fields all have the right kind.
 *
 * @param sound tells whether a part can be checked; the rules skip parts with fields of the wrong kind
 */
export function ruleProblems(gadget: GadgetDefinition, sound: (path: FieldPath) => boolean): Problem[] {
  const problems = sound(['language']) ? textProblems(gadget, sound) : [];
  if (sound(['webUsb'])) problems.push(...webUsbProblems(gadget));
  const speeds = sound(['maxSpeed']) ? describedSpeeds(gadget) : [];
  for (const [name, definition] of Object.entries(gadget.functions ?? {})) {
    const path = ['functions', name];
    if (!sound(path) || isUsedFunction(definition)) continue;
    if (isKernelFunction(definition)) {
      problems.push(...kernelFunctionParts(definition, path).problems);
      continue;
    }
    for (const endpoint of functionEndpoints(definition, path)) problems.push(...endpointProblems(endpoint, speeds));
    problems.push(...functionProblems(name, definition));
    for (const { definition: first, settings } of interfacesOf(definition, path))
      for (const setting of settings) problems.push(...classProblems(setting, first));
    problems.push(...interfaceOsProblems(definition, path));
  }
  if (!sound(['functions'])) return problems;
  if (Object.keys(gadget.functions).length === 0)
    problems.push(value(['functions'], 'functions is empty; a gadget has at least one function.'));
  if (!sound(['configurations'])) return problems;
  problems.push(...configurationProblems(gadget));
  for (const [name, definition] of programFunctions(gadget))
    problems.push(...associationProblems(gadget, name, definition));
  if (sound(['webUsb']) && sound(['microsoftOs'])) problems.push(...microsoftOsProblems(gadget));
  return problems;
}

const value = (path: FieldPath, message: string): Problem => ({ path, at: 'value', message });
const key = (path: FieldPath, message: string): Problem => ({ path, at: 'key', message });

function functionProblems(name: string, definition: ProgramFunction): Problem[] {
  const problems: Problem[] = [];
  const path = ['functions', name];
  if (definition.interfaces !== undefined) {
    if (Object.keys(definition.interfaces).length === 0)
      problems.push(value([...path, 'interfaces'], `function "${name}" has no interface; it needs at least one.`));
    for (const field of INTERFACE_FIELDS)
      if (definition[field] !== undefined)
        problems.push(
          key(
            [...path, field],
            `function "${name}" has both "interfaces" and "${field}"; with "interfaces", each of them has its own "${field}".`,
          ),
        );
  }
  const first = new Map<string, FieldPath>();
  const endpoints = functionEndpoints(definition, path);
  for (const endpoint of endpoints) {
    const full = [endpoint.interface, endpoint.name].filter((part) => part !== undefined).join('.');
    const other = first.get(full);
    if (other === undefined) first.set(full, endpoint.path);
    else
      problems.push(
        key(
          endpoint.path,
          `endpoint "${endpoint.name}" is in function "${name}" twice, the first time at ${fieldName(other)}; ` +
            `the program knows it as "${name}.${full}", so it needs a name of its own.`,
        ),
      );
  }
  if (endpoints.length > ENDPOINT_LIMIT)
    problems.push(
      value(
        path,
        `function "${name}" has ${endpoints.length} endpoints; FunctionFS takes at most ${ENDPOINT_LIMIT} ` +
          '(f_fs.c, FFS_MAX_EPS_COUNT).',
      ),
    );
  return problems;
}

function configurationProblems(gadget: GadgetDefinition): Problem[] {
  const problems: Problem[] = [];
  const names = Object.keys(gadget.functions);
  const values = new Map<number, string>();
  const used = new Set<string>();
  for (const { label, definition, value: number } of configurationsOf(gadget)) {
    const path = ['configurations', label];
    const other = values.get(number);
    if (other !== undefined)
      problems.push(
        value([...path, 'value'], `configuration "${label}" has the value ${number}, which "${other}" has already.`),
      );
    values.set(number, label);
    const seen = new Set<string>();
    definition.functions.forEach((name, index) => {
      const place = [...path, 'functions', index];
      if (!names.includes(name))
        problems.push(
          value(
            place,
            `configuration "${label}" has the function "${name}", which is not there${suggestion(name, names)}`,
          ),
        );
      else if (seen.has(name))
        problems.push(value(place, `configuration "${label}" has the function "${name}" twice.`));
      seen.add(name);
      used.add(name);
    });
    problems.push(
      ...sizeProblems(gadget, label, [...seen], gadget.configurations === undefined ? ['functions'] : path),
    );
  }
  for (const name of names)
    if (!used.has(name))
      problems.push(
        key(['functions', name], `function "${name}" is in none of the configurations, so no host would see it.`),
      );
  return problems;
}

function sizeProblems(
  gadget: GadgetDefinition,
  label: string,
  functions: readonly string[],
  path: FieldPath,
): Problem[] {
  const problems: Problem[] = [];
  const inside = programFunctions(gadget).filter(([name]) => functions.includes(name));
  const interfaces = inside.reduce((sum, [, definition]) => sum + interfacesOf(definition).length, 0);
  if (interfaces > INTERFACE_LIMIT)
    problems.push(
      value(
        path,
        `configuration "${label}" has ${interfaces} interfaces; Linux takes at most ${INTERFACE_LIMIT} (MAX_CONFIG_INTERFACES).`,
      ),
    );
  for (const direction of ['in', 'out'] as const) {
    const count = inside
      .flatMap(([, definition]) => functionEndpoints(definition))
      .filter((endpoint) => endpoint.definition.direction === direction).length;
    if (count > DIRECTION_LIMIT)
      problems.push(
        value(
          path,
          `configuration "${label}" has ${count} ${direction.toUpperCase()} endpoints; USB has numbers for ${DIRECTION_LIMIT}.`,
        ),
      );
  }
  return problems;
}
