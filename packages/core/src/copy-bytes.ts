/** Copies `source[sourceStart..sourceEnd)` to `target` from `targetStart` on. The ranges must lie inside their arrays. */
export type CopyBytes = (
  target: Uint8Array,
  targetStart: number,
  source: Uint8Array,
  sourceStart: number,
  sourceEnd: number,
) => void;

type BufferCopy = (this: Uint8Array, target: Uint8Array, targetStart: number, start: number, end: number) => number;

/** Copies with Node's Buffer: a plain memory move, also for memory that threads share. */
export const copyWithBuffer =
  (copy: BufferCopy): CopyBytes =>
  (target, targetStart, source, sourceStart, sourceEnd) => {
    copy.call(source, target, targetStart, sourceStart, sourceEnd);
  };

/** Copies with what every JavaScript engine has. */
export const copyWithSet: CopyBytes = (target, targetStart, source, sourceStart, sourceEnd) => {
  target.set(source.subarray(sourceStart, sourceEnd), targetStart);
};

const buffer = (globalThis as { Buffer?: { prototype: { copy: BufferCopy } } }).Buffer;

/** The fastest copy that this runtime has; chosen once, at load. */
export const copyBytes: CopyBytes = buffer ? copyWithBuffer(buffer.prototype.copy) : copyWithSet;
