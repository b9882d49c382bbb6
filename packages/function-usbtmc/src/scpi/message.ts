import { ScpiError } from './errors.ts';
import { blockExtent } from './parameters.ts';

/** One command or query of a message. */
export interface MessageUnit {
  /** Without the `?`: `:MEAS:VOLT`. */
  readonly header: string;
  readonly query: boolean;
  readonly parameters: readonly string[];
  /** True for the first unit of a line: its header is relative to nothing. */
  readonly first: boolean;
}

const HEADER = /^(\*[A-Z]+|:?[A-Z]\w*(?::[A-Z]\w*)*)(\??)(?=\s|$)/i;

/**
 * Takes a message apart: units end with `;` or a newline, and parameters are separated by commas. Both may stand in
 * strings, blocks and expressions. A unit that is wrong is an error in its place.
 */
export function* messageUnits(text: string): Generator<MessageUnit | ScpiError> {
  let first = true;
  for (const { pieces, end } of split(text)) {
    const unit = pieces === undefined ? new ScpiError(-161) : parseUnit(pieces, first);
    if (unit !== undefined) {
      yield unit;
      first = false;
    }
    if (end === '\n') first = true;
  }
}

function parseUnit(pieces: readonly string[], first: boolean): MessageUnit | ScpiError | undefined {
  const start = pieces[0]!.trimStart();
  if (pieces.length === 1 && start.trim() === '') return undefined;
  const match = HEADER.exec(start);
  if (match === null) return new ScpiError(-102, start.slice(0, 32));
  const [all, header, query] = match;
  const parameters = [start.slice(all.length), ...pieces.slice(1)].map(trimmed);
  if (parameters.length === 1 && parameters[0] === '') parameters.pop();
  if (parameters.includes('')) return new ScpiError(-109, header);
  return { header: header!, query: query === '?', parameters, first };
}

/** Blocks keep what looks like white space at their end. */
function trimmed(text: string): string {
  const start = text.trimStart();
  return /^#\d/.test(start) ? start : start.trimEnd();
}

/** The pieces between the commas of each unit, and what ended it. `undefined` for a block that ends too early. */
function* split(text: string): Generator<{ pieces: string[] | undefined; end: string }> {
  let pieces: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' || character === "'") {
      const close = text.indexOf(character, at + 1);
      at = close < 0 ? text.length : close;
    } else if (character === '#' && /\d/.test(text[at + 1] ?? '')) {
      const extent = blockExtent(text, at);
      if (extent === undefined) {
        yield { pieces: undefined, end: '' };
        return;
      }
      at = extent.end - 1;
    } else if (character === '(') depth++;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (character === '\n' || (depth === 0 && (character === ';' || character === ','))) {
      pieces.push(text.slice(start, at));
      start = at + 1;
      if (character === ',') continue;
      yield { pieces, end: character };
      pieces = [];
      depth = 0;
    }
  }
  pieces.push(text.slice(start));
  yield { pieces, end: '' };
}
