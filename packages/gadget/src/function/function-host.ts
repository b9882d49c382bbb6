import type { Clock, Resolver } from '@gadgetloom/core';
import type { AllocateBuffers, BufferSet } from '../stack/buffer-set.ts';
import type { StackEvent } from '../stack/function-control.ts';

/** What a stack gives to each of its functions. */
export interface FunctionHost {
  readonly clock: Clock;
  readonly pieces: Resolver;
  allocate(options: AllocateBuffers): BufferSet;
  onEvent(listener: (event: StackEvent) => void): Disposable;
  /** Reports an error that no caller waits for. It never throws. */
  report(error: unknown): void;
  /** Takes a line about what a function does. */
  activity(name: string, text: string): void;
}
