type Macrotask = (callback: () => void) => void;

/** The parts of a runtime's globals that macrotasks can be made of. */
export interface MacrotaskGlobals {
  setImmediate?: (callback: () => void) => unknown;
  MessageChannel?: new () => {
    readonly port1: { onmessage: ((event: never) => void) | null };
    readonly port2: { postMessage(message: unknown): void };
  };
  setTimeout(callback: () => void, milliseconds: number): unknown;
}

/**
 * How a runtime calls back after all pending promise reactions have run, fastest way first.
 * Browsers have no setImmediate, and their nested timers wait at least 4 ms. A message to oneself does not wait.
 */
export function macrotaskOf({ setImmediate, MessageChannel, setTimeout }: MacrotaskGlobals): Macrotask {
  if (setImmediate) return (callback) => void setImmediate(callback);
  if (!MessageChannel) return (callback) => void setTimeout(callback, 0);
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}

/** Whatever this runtime has: the types of Node and of browsers differ, and their common part is ours. */
const globals: object = globalThis;

/** Calls back after all pending promise reactions have run. */
export const macrotask: Macrotask = macrotaskOf(globals as MacrotaskGlobals);
