import { InputError } from '@gadgetloom/core';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { checkGadget, type Locate, rememberSource } from './check.ts';
import type { GadgetDefinition } from './definition.ts';
import type { FieldPath } from './problem.ts';

/** Where the text comes from. */
export interface ParseOptions {
  /** Name of the file that the text came from; errors start with it. */
  readonly file: string;
}

/**
 * Reads a gadget from YAML or JSON. The fields are those of {@link defineGadget}.
 *
 * @throws InputError a line for each thing that is wrong: `FILE:LINE:COLUMN`, the field, what was found, what is allowed
 */
export function parseGadget(text: string, { file }: ParseOptions): GadgetDefinition {
  const lines = new LineCounter();
  const document = readYaml(text, file, lines);
  const faults = syntaxFaults(document, /\.json$/i.test(file) ? 'JSON' : 'YAML');
  if (faults.length > 0) throw syntaxError(faults, file, lines);
  const gadget = plainValue(document, file);
  const locate: Locate = (path, at) => {
    const { line, col } = lines.linePos(offsetOf(document, path, at));
    return { file, line, column: col };
  };
  if (typeof gadget === 'object' && gadget !== null) rememberSource(gadget as GadgetDefinition, locate);
  else
    throw new InputError('The file holds no gadget: it has to start with fields such as "vendorId".', at(file, 1, 1));
  checkGadget(gadget as GadgetDefinition);
  return gadget as GadgetDefinition;
}

const at = (file: string, line: number, column: number) => ({ location: { file, line, column } });

function readYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  } catch (cause) {
    // The parser calls itself for each level, and a file of 10,000 brackets is no gadget anyway.
    throw new InputError(`The file cannot be read as YAML: ${words(cause)}.`, at(file, 1, 1), { cause });
  }
}

function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new InputError(`The file cannot be read as YAML: ${words(cause)}.`, at(file, 1, 1), { cause });
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error));

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** What the language itself does not allow, in the order of the text; the first at each place, the others follow from it. */
function syntaxFaults(document: Document.Parsed, language: 'YAML' | 'JSON'): Fault[] {
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message: SYNTAX_MESSAGES[error.code] ?? `not valid ${language}: ${words(error)}.`,
  }));
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        faults.push({ offset: startOf(alias), message: `there is no anchor "&${alias.source}" before this alias.` });
    },
  });
  faults.sort((a, b) => a.offset - b.offset);
  return faults.filter(({ offset }, index) => offset !== faults[index - 1]?.offset);
}

/** Where the parser's own words would not help. */
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this field stands here a second time; each field is given once.',
  MULTIPLE_DOCS: 'a second document starts here; a gadget file holds one.',
  NON_STRING_KEY: 'names of fields are text.',
};

function syntaxError(faults: readonly Fault[], file: string, lines: LineCounter): InputError {
  const [first, ...others] = faults.map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return { message, location: { file, line, column: col } };
  });
  const rest = others.map(({ message, location }) => `${file}:${location.line}:${location.column}  ${message}`);
  return new InputError([first!.message, ...rest].join('\n'), { location: first!.location });
}

/** Where a field stands in the text. A field that is missing stands where the object does that it is missing from. */
function offsetOf(document: Document.Parsed, path: FieldPath, at: 'key' | 'value'): number {
  let node: Node | null = document.contents;
  let offset = startOf(node);
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(part));
      if (pair === undefined) return offset;
      const last = index === path.length - 1;
      offset = startOf(isNode(pair.key) ? pair.key : null, offset);
      node = isNode(pair.value) ? (pair.value as Node) : null;
      if (!(last && at === 'key')) offset = startOf(node, offset);
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      node = isNode(item) ? (item as Node) : null;
      offset = startOf(node, offset);
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: Node | null, otherwise = 0): number {
  return node?.range?.[0] ?? otherwise;
}
