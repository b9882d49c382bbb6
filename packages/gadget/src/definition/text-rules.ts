import { suggestion } from '@gadgetloom/core';
import type { GadgetDefinition, Text } from './definition.ts';
import { interfacesOf, isKernelFunction, isUsedFunction } from './gadget-parts.ts';
import { LANGUAGE_TAGS, languageId, languageTag } from './language.ts';
import { type FieldPath, fieldName, type Problem } from './problem.ts';
import { LANGUAGE_LIMIT, languagesOf, plainLanguage } from './strings.ts';

const DEVICE_TEXTS = ['manufacturer', 'product', 'serialNumber'] as const;

/** Returns the problems of languages: unknown ones, and too many of them. */
export function textProblems(gadget: GadgetDefinition, sound: (path: FieldPath) => boolean): Problem[] {
  const problems: Problem[] = [];
  const { language } = gadget;
  if (language !== undefined && languageId(language) === undefined)
    problems.push({ path: ['language'], at: 'value', message: `language is ${unknown(language)}` });
  const placed = texts(gadget, sound);
  for (const { path, text } of placed) problems.push(...languageProblems(path, text));
  if (problems.length > 0) return problems;
  for (const group of new Set(placed.map(({ group }) => group))) {
    const own = placed.filter((one) => one.group === group);
    if (group !== undefined) problems.push(...countProblems(own, plainLanguage(gadget)));
  }
  return problems;
}

interface PlacedText {
  readonly path: FieldPath;
  readonly text: Text;
  /** The texts of a group can have two languages together. The texts of interfaces have no limit. */
  readonly group: string | undefined;
}

function texts(gadget: GadgetDefinition, sound: (path: FieldPath) => boolean): PlacedText[] {
  const found: PlacedText[] = [];
  const add = (path: FieldPath, text: Text | undefined, group?: string) => {
    if (text !== undefined && sound(path)) found.push({ path, text, group });
  };
  for (const name of DEVICE_TEXTS) add([name], gadget[name], 'the device');
  if (sound(['configurations']))
    for (const [label, { description }] of Object.entries(gadget.configurations ?? {}))
      add(['configurations', label, 'description'], description, `configuration "${label}"`);
  if (!sound(['functions'])) return found;
  for (const [name, definition] of Object.entries(gadget.functions)) {
    if (isKernelFunction(definition) || isUsedFunction(definition)) continue;
    add(['functions', name, 'association', 'description'], definition.association?.description);
    for (const { settings } of interfacesOf(definition, ['functions', name]))
      for (const { setting, path } of settings) add([...path, 'description'], setting.description);
  }
  return found;
}

function languageProblems(path: FieldPath, text: Text): Problem[] {
  if (typeof text === 'string') return [];
  const languages = Object.keys(text);
  if (languages.length === 0)
    return [{ path, at: 'value', message: `${fieldName(path)} has no text in any language.` }];
  return languages
    .filter((language) => languageId(language) === undefined)
    .map((language) => ({
      path: [...path, language],
      at: 'key',
      message: `${fieldName(path)} has the language ${unknown(language)}`,
    }));
}

function unknown(language: string): string {
  const known = 'allowed are tags such as "en-US" and "de-DE", and USB language ids such as "0x0409"';
  return `"${language}", which is not known here: ${known}${suggestion(language, LANGUAGE_TAGS)}`;
}

function countProblems(group: readonly PlacedText[], plain: number): Problem[] {
  const languages = languagesOf(
    group.map(({ text }) => text),
    plain,
  );
  if (languages.length <= LANGUAGE_LIMIT) return [];
  const last = group.findLast(({ text }) => typeof text !== 'string')!;
  const list = languages.map(languageTag).join(', ');
  const message =
    `the texts of ${last.group} are in ${languages.length} languages (${list}); ` +
    `Linux takes ${LANGUAGE_LIMIT} (configfs.c, MAX_USB_STRING_LANGS).`;
  return [{ path: last.path, at: 'value', message }];
}
