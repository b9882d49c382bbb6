import { KernelError } from '@gadgetloom/core';

/** A user that keeps transfers under way on an endpoint, such as a stream. */
export interface EndpointUser {
  /** True once it starts no more transfers and ends after those under way. */
  readonly stopping: boolean;
  /** Resolves when it has released everything. */
  readonly closed: Promise<void>;
  /** Starts the transfers that it could not start before. */
  startMore(): void;
}

/**
 * The users of one endpoint, through any of its open files. FunctionFS runs one read or write at a time, so a user
 * waits while another one copies.
 */
export class EndpointUse {
  readonly users = new Set<EndpointUser>();
  #copying = false;
  #line: EndpointUser[] = [];

  /** True while the read or write of a user is under way. */
  get copying(): boolean {
    return this.#copying;
  }

  /** Takes the turn to copy. False if another user has it; `user` is then called to start more when that turn ends. */
  takeTurn(user: EndpointUser): boolean {
    if (!this.#copying) {
      this.#copying = true;
      return true;
    }
    if (!this.#line.includes(user)) this.#line.push(user);
    return false;
  }

  /** Ends the turn. The first waiting user that has bytes to copy takes it; the others wait again. */
  turnOver(): void {
    this.#copying = false;
    const line = this.#line;
    this.#line = [];
    for (const user of line) user.startMore();
  }
}

/** Returns the error of calls on an endpoint file that its owner has stopped. */
export function endpointStopped(operation: string, gadgetName: string): KernelError {
  return new KernelError(
    'ENODEV',
    `${operation} ${gadgetName}`,
    'The owner of the endpoint, such as a stack, is closing.',
  );
}
