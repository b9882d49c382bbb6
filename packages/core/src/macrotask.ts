type Macrotask = (callback: () => void) => unknown;

/** Calls back after all pending promise reactions have run; for Node and for browsers. */
export const macrotask: Macrotask =
  (globalThis as { setImmediate?: Macrotask }).setImmediate ?? ((callback) => setTimeout(callback, 0));
