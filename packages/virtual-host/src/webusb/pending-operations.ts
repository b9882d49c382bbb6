import { domError } from './dom-errors.ts';

interface Operation {
  /** The address of the endpoint; `undefined` for control transfers and changes of the device. */
  readonly endpoint: number | undefined;
  abort(reason: string): void;
}

/** The operations that are under way on a device. They can be aborted. */
export class PendingOperations {
  readonly #operations = new Set<Operation>();

  /**
   * @param start starts the operation and returns a function that cancels it; it may throw
   * @throws DOMException AbortError the operation was aborted
   */
  track<T>(endpoint: number | undefined, start: (resolve: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = start((value) => {
        this.#operations.delete(operation);
        resolve(value);
      });
      const operation: Operation = {
        endpoint,
        abort: (reason) => {
          this.#operations.delete(operation);
          reject(domError('AbortError', reason));
          cancel();
        },
      };
      this.#operations.add(operation);
    });
  }

  /** Rejects the operations of an endpoint, or all operations, with AbortError. */
  abort(reason: string, endpoint?: number): void {
    for (const operation of [...this.#operations]) {
      if (endpoint === undefined || operation.endpoint === endpoint) operation.abort(reason);
    }
  }
}
