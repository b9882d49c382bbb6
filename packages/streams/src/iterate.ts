import type { Observable, Subscription } from 'rxjs';

/**
 * Makes an async iterable of an Observable. It subscribes when the loop asks for the first value and unsubscribes when
 * the loop ends. It disposes of disposable values that the loop never took, so a `break` loses no buffer of
 * `receiveFrom`.
 *
 * Values that arrive faster than the loop runs wait without limit. `receiveFrom` is limited by its pool: it cannot
 * receive into a buffer that is not released.
 */
export function iterate<T>(source: Observable<T>): AsyncIterable<T, undefined> {
  return { [Symbol.asyncIterator]: () => new ValueIterator(source) };
}

interface Request<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

class ValueIterator<T> implements AsyncIterator<T, undefined> {
  readonly #source: Observable<T>;
  #subscription: Subscription | undefined;
  readonly #values: T[] = [];
  readonly #requests: Request<T>[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: Observable<T>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#subscription === undefined && !this.#ended) this.#subscribe();
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#ended = true;
    this.#failure = undefined;
    this.#subscription?.unsubscribe();
    for (const value of this.#values.splice(0)) dispose(value);
    this.#serve();
    return Promise.resolve({ done: true, value: undefined });
  }

  #subscribe(): void {
    this.#subscription = this.#source.subscribe({
      next: (value) => {
        this.#values.push(value);
        this.#serve();
      },
      error: (error) => {
        this.#ended = true;
        this.#failure = { error };
        this.#serve();
      },
      complete: () => {
        this.#ended = true;
        this.#serve();
      },
    });
  }

  #serve(): void {
    while (this.#requests.length > 0) {
      if (this.#values.length > 0) this.#requests.shift()!.resolve({ done: false, value: this.#values.shift()! });
      else if (!this.#ended) return;
      else if (this.#failure === undefined) this.#requests.shift()!.resolve({ done: true, value: undefined });
      else {
        this.#requests.shift()!.reject(this.#failure.error);
        this.#failure = undefined;
      }
    }
  }
}

function dispose(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dispose);
  else (value as Partial<Disposable> | null | undefined)?.[Symbol.dispose]?.();
}
