import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { FieldPath } from './problem.ts';

/** Finds the offsets of fields in the text of a document. */
export class FieldOffsets {
  readonly #document: Document.Parsed;
  /** Caches the pairs of maps by key, because a file with many wrong fields looks up each of them. */
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  /** Returns the offset of a field. For a missing field, it returns the offset of the object that lacks it. */
  of(path: FieldPath, at: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = startOf(node);
    for (const [index, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      if (isMap(node)) {
        const pair = this.#pairsOf(node).get(String(part));
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

  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : String(pair.key), pair]));
      this.#pairs.set(map, pairs);
    }
    return pairs;
  }
}

/** Offset at which a node begins. */
export function startOf(node: Node | null, otherwise = 0): number {
  return node?.range?.[0] ?? otherwise;
}
