import type { Observable } from 'rxjs';
import type { TransferCompletion } from '../src/completion.ts';

/** Subscribes and records the notifications; `ends` gets `'complete'` or the error. */
export function listen<T>(stream: Observable<T>) {
  const heard: T[] = [];
  const ends: unknown[] = [];
  const subscription = stream.subscribe({
    next: (value) => heard.push(value),
    error: (error) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  return { heard, ends, subscription };
}

/** `a ok`, `b ESHUTDOWN` ... */
export const outcome = ({ buffer, status }: TransferCompletion) => `${buffer.name} ${status}`;
