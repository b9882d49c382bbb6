import { InputError } from '@gadgetloom/core';

/** A node of a header: `MEASure`, `OUTPut#`. */
export interface PatternNode {
  /** In capitals: `MEASURE`. */
  readonly long: string;
  /** In capitals: `MEAS`. */
  readonly short: string;
  /** True if the host may add a number: `OUTP2`. */
  readonly numeric: boolean;
}

/** A header as a program writes it, taken apart. */
export interface Pattern {
  /** The headers that it stands for: with each optional node, and without. */
  readonly paths: readonly (readonly PatternNode[])[];
  readonly query: boolean;
}

const NODE = /^([A-Z][A-Z0-9_]*)([a-z0-9_]*)(#?)$/;
const COMMON = /^\*[A-Z]{3}$/i;
const PARTS = /\[:?([^[\]]+?):?\]|([^:[\]]+)/g;

/**
 * Takes a header apart. Capitals are the short form, `[...]` is optional, and `#` stands for a numeric suffix:
 * `'MEASure[:SCALar]:VOLTage?'`, `'OUTPut#:STATe'`, `'*RST'`.
 *
 * @throws InputError it is no header
 */
export function parsePattern(text: string): Pattern {
  const query = text.endsWith('?');
  const header = query ? text.slice(0, -1) : text;
  if (COMMON.test(header)) {
    const name = header.toUpperCase();
    return { paths: [[{ long: name, short: name, numeric: false }]], query };
  }
  let paths: PatternNode[][] = [[]];
  const unknown = header.replaceAll(PARTS, '').replaceAll(':', '');
  for (const [, optional, plain] of header.matchAll(PARTS)) {
    const nodes = (optional ?? plain)!.split(':').map((node) => parseNode(node, text));
    const longer = paths.map((path) => [...path, ...nodes]);
    paths = optional === undefined ? longer : [...longer, ...paths];
  }
  const filled = paths.filter((path) => path.length > 0);
  if (unknown !== '' || filled.length === 0) throw wrong(text);
  return { paths: filled, query };
}

function parseNode(node: string, pattern: string): PatternNode {
  const match = NODE.exec(node);
  if (match === null) throw wrong(pattern);
  const [, short, more, numeric] = match;
  return { short: short!, long: `${short}${more}`.toUpperCase(), numeric: numeric === '#' };
}

function wrong(pattern: string): InputError {
  return new InputError(
    `"${pattern}" is no SCPI header. Write the short form in capitals, optional nodes in brackets, and # for a numeric ` +
      'suffix: MEASure[:SCALar]:VOLTage?, OUTPut#:STATe, *RST.',
  );
}
