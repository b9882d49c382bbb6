import { domError } from './dom-errors.ts';

interface Operation {
  /** Address of the endpoint that it uses; `undefined` for control transfers and changes of the device. */
  readonly endpoint: number | undefined;
  abort(reason: string): void;
}

/** What is under way on a device, so that it can be aborted. */
export class PendingOperations {
  readonly #operations = new Set<Operation>();

  /**
   * @param start begins the operation and returns how to cancel it; it may throw
   * @throws DOMException AbortError it was aborted
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

  /** Rejects with AbortError what uses the endpoint, or everything. */
  abort(reason: string, endpoint?: number): void {
    for (const operation of [...this.#operations]) {
      if (endpoint === undefined || operation.endpoint === endpoint) operation.abort(reason);
    }
  }
}
