import { InputError } from '@gadgetloom/core';
import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { checkGadget, type Locate, rememberSource } from './check.ts';
import type { GadgetDefinition } from './definition.ts';
import { FieldOffsets, startOf } from './field-offsets.ts';

/** Options of {@link parseGadget}. */
export interface ParseOptions {
  /** Name of the file that the text came from; errors start with it. */
  readonly file: string;
}

/**
 * Reads a gadget from YAML or JSON. The fields are those of {@link defineGadget}.
 *
 * @throws InputError the error has a line for each problem: `FILE:LINE:COLUMN`, the field, what was found, what is
 *   allowed
 */
export function parseGadget(text: string, { file }: ParseOptions): GadgetDefinition {
  expectText(text, file);
  const lines = new LineCounter();
  const document = readYaml(text, file, lines);
  const faults = syntaxFaults(document, /\.json$/i.test(file) ? 'JSON' : 'YAML');
  if (faults.length > 0) throw syntaxError(faults, file, lines);
  const gadget = plainValue(document, file);
  const offsets = new FieldOffsets(document);
  const locate: Locate = (path, at) => {
    const { line, col } = lines.linePos(offsets.of(path, at));
    return { file, line, column: col };
  };
  if (typeof gadget === 'object' && gadget !== null) rememberSource(gadget as GadgetDefinition, locate);
  else
    throw new InputError('the file holds no gadget; it has to start with fields such as "vendorId".', at(file, 1, 1));
  checkGadget(gadget as GadgetDefinition);
  return gadget as GadgetDefinition;
}

const at = (file: string, line: number, column: number) => ({ location: { file, line, column } });

/**
 * Characters that neither YAML (5.1) nor JSON (RFC 8259, 7) allows, and U+FFFD, which replaces bytes that are not
 * UTF-8.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for them.
const NO_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffd]/;

/** One problem is enough for a file that is no definition at all. */
function expectText(text: string, file: string): void {
  const found = text.search(NO_TEXT);
  if (found < 0) return;
  const before = text.slice(0, found).split('\n');
  const code = text.charCodeAt(found).toString(16).padStart(4, '0').toUpperCase();
  const what = text[found] === '\ufffd' ? 'is not valid UTF-8' : `has the control character U+${code}`;
  throw new InputError(
    `the file ${what} here; a gadget file is text, YAML or JSON.`,
    at(file, before.length, before.at(-1)!.length + 1),
  );
}

function readYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    // The parser would compare each key with all other keys of its map.
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, uniqueKeys: false });
  } catch (cause) {
    // The parser recurses at each level, so a file of 10,000 brackets would overflow the stack.
    throw new InputError(`the file cannot be read as YAML: ${words(cause)}.`, at(file, 1, 1), { cause });
  }
}

function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new InputError(`the file cannot be read as YAML: ${words(cause)}.`, at(file, 1, 1), { cause });
  }
}

/** Shortens messages, because the parser quotes text of any length. */
function words(error: unknown): string {
  const text = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/**
 * Returns the syntax errors in the order of the text. At each place it keeps the first, because the others follow from
 * it.
 */
function syntaxFaults(document: Document.Parsed, language: 'YAML' | 'JSON'): Fault[] {
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message: SYNTAX_MESSAGES[error.code] ?? `not valid ${language}: ${words(error)}.`,
  }));
  let aliases = 0;
  visit(document, {
    Alias(_, alias) {
      aliases++;
      if (aliases > MOST_ALIASES) {
        faults.push({
          offset: startOf(alias),
          message: `this is alias ${aliases} of the file; allowed are ${MOST_ALIASES}. Write the fields out instead.`,
        });
        return visit.BREAK;
      }
      if (alias.resolve(document) === undefined)
        faults.push({ offset: startOf(alias), message: `there is no anchor "&${alias.source}" before this alias.` });
      return undefined;
    },
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) faults.push({ offset: startOf(key), message: SECOND_TIME });
        seen.add(name);
      }
    },
  });
  faults.sort((a, b) => a.offset - b.offset);
  return faults.filter(({ offset }, index) => offset !== faults[index - 1]?.offset);
}

/** The most aliases of a file. The parser walks through the document for each one, and a gadget needs few. */
const MOST_ALIASES = 99;

const SECOND_TIME = 'this field stands here a second time; each field is given once.';

/** Messages for errors that the parser does not explain. */
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document starts here; a gadget file holds one.',
  NON_STRING_KEY: 'names of fields are text.',
};

/** The most syntax errors that are reported. One missing quote can cause an error in every line after it. */
const MOST_FAULTS = 10;

function syntaxError(faults: readonly Fault[], file: string, lines: LineCounter): InputError {
  const more = faults.length - MOST_FAULTS;
  const shown = more > 0 ? faults.slice(0, MOST_FAULTS + 1) : faults;
  const [first, ...others] = shown.map(({ offset, message }, index) => {
    const { line, col } = lines.linePos(offset);
    const words = index < MOST_FAULTS ? message : `and ${more} more from here on.`;
    return { message: words, location: { file, line, column: col } };
  });
  const rest = others.map(({ message, location }) => `${file}:${location.line}:${location.column}  ${message}`);
  return new InputError([first!.message, ...rest].join('\n'), { location: first!.location });
}
