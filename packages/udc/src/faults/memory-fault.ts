/** Which calls run out of memory. */
export interface MemoryFaultOptions {
  /** `'allocate'` (unless given): the heap has no pages. `'attach'`: no memory to map a buffer for a device. */
  readonly at?: 'allocate' | 'attach';
  /** How many calls still succeed; none unless given. */
  readonly after?: { readonly calls: number };
  /** How often, at least 1; once unless given. `Infinity`: until disposed. */
  readonly times?: number;
}

/** A requested memory fault. Disposing takes it back. */
export interface MemoryFault extends Disposable {
  readonly at: 'allocate' | 'attach';
  /** How many calls have failed. */
  readonly hits: number;
  readonly over: boolean;
}
