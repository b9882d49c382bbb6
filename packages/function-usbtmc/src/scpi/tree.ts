import { type PatternNode, parsePattern } from './pattern.ts';

/** A place in the tree of headers. */
interface Place<H> extends PatternNode {
  readonly parent: Place<H> | undefined;
  readonly children: Place<H>[];
  command: H | undefined;
  query: H | undefined;
}

/** What the headers of a message are relative to: a place in the tree. */
export type HeaderPath = object;

/** A header that was found. */
export interface Found<H> {
  readonly handler: H;
  /** The numeric suffixes of the nodes that may have one, in order; 1 where the host wrote none. */
  readonly suffixes: readonly number[];
  /** What the next header of the message is relative to. */
  readonly path: HeaderPath;
}

/** Handlers by their headers. */
export class ScpiTree<H> {
  readonly #root: Place<H> = place({ long: '', short: '', numeric: false }, undefined);

  /** Adds a handler, in place of the one that the header had. @throws InputError the pattern is no header */
  add(pattern: string, handler: H): void {
    const { paths, query } = parsePattern(pattern);
    for (const path of paths) {
      const at = path.reduce<Place<H>>((parent, node) => this.#child(parent, node), this.#root);
      if (query) at.query = handler;
      else at.command = handler;
    }
  }

  /**
   * Finds the handler of a header without its `?`. A header that begins with a colon, and a common command, are
   * absolute; any other is relative to `path` (SCPI 1999, volume 1, 6.2.4).
   */
  find(header: string, query: boolean, path?: HeaderPath): Found<H> | undefined {
    const common = header.startsWith('*');
    const absolute = common || header.startsWith(':') || path === undefined;
    let at = absolute ? this.#root : (path as Place<H>);
    const suffixes: number[] = [];
    for (const mnemonic of header.replace(/^:/, '').toUpperCase().split(':')) {
      const next = match(at.children, mnemonic);
      if (next === undefined) return undefined;
      at = next.place;
      if (at.numeric) suffixes.push(next.suffix);
    }
    const handler = query ? at.query : at.command;
    if (handler === undefined) return undefined;
    return { handler, suffixes, path: common ? (path ?? this.#root) : (at.parent ?? this.#root) };
  }

  #child(parent: Place<H>, node: PatternNode): Place<H> {
    const known = parent.children.find(
      ({ long, short, numeric }) => long === node.long && short === node.short && numeric === node.numeric,
    );
    if (known !== undefined) return known;
    const made = place(node, parent);
    parent.children.push(made);
    return made;
  }
}

function place<H>(node: PatternNode, parent: Place<H> | undefined): Place<H> {
  return { ...node, parent, children: [], command: undefined, query: undefined };
}

function match<H>(places: readonly Place<H>[], mnemonic: string): { place: Place<H>; suffix: number } | undefined {
  const plain = places.find(({ long, short }) => mnemonic === long || mnemonic === short);
  if (plain !== undefined) return { place: plain, suffix: 1 };
  const digits = /\d+$/.exec(mnemonic);
  if (digits === null) return undefined;
  const name = mnemonic.slice(0, digits.index);
  const numbered = places.find(({ long, short, numeric }) => numeric && (name === long || name === short));
  return numbered && { place: numbered, suffix: Number(digits[0]) };
}
