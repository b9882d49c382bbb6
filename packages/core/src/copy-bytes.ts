/** Copies `source[sourceStart..sourceEnd)` to `target` from `targetStart` on. The ranges must lie inside their arrays. */
export type CopyBytes = (
  target: Uint8Array,
  targetStart: number,
  source: Uint8Array,
  sourceStart: number,
  sourceEnd: number,
) => void;

type BufferCopy = (this: Uint8Array, target: Uint8Array, targetStart: number, start: number, end: number) => number;

const nodeCopy = (globalThis as { Buffer?: { prototype: { copy: BufferCopy } } }).Buffer?.prototype.copy;

/** The fastest copy that this runtime has; chosen once, at load. */
export const copyBytes: CopyBytes = nodeCopy
  ? (target, targetStart, source, sourceStart, sourceEnd) => {
      nodeCopy.call(source, target, targetStart, sourceStart, sourceEnd);
    }
  : (target, targetStart, source, sourceStart, sourceEnd) => {
      target.set(source.subarray(sourceStart, sourceEnd), targetStart);
    };
