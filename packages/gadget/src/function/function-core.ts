import { InputError, KernelError, ResourceScope, suggestion } from '@gadgetloom/core';
import type { FunctionEndpoints } from '../stack/function-endpoints.ts';
import type { SetupAnswer, SetupRequest } from '../stack/setup-request.ts';
import type { StackEndpoint } from '../stack/stack-endpoint.ts';
import type { FunctionHost } from './function-host.ts';
import {
  answerByRoute,
  concernsAll,
  FunctionRequest,
  type RequestFilter,
  type RequestHandler,
  type RequestRoute,
  recipientOf,
} from './function-request.ts';
import { SessionRunner, type SessionTask } from './session-task.ts';

/** The state of a function on a stack: its handlers, tasks and resources. `FunctionContext` is its public face. */
export class FunctionCore {
  readonly name: string;
  readonly host: FunctionHost;
  readonly endpoints: FunctionEndpoints;
  readonly scope = new ResourceScope();
  readonly #routes: RequestRoute[] = [];
  readonly #runners: SessionRunner[] = [];
  #started = false;

  constructor(endpoints: FunctionEndpoints, host: FunctionHost) {
    this.name = endpoints.name;
    this.endpoints = endpoints;
    this.host = host;
  }

  /** @throws InputError no such endpoint */
  endpoint(name: string): StackEndpoint {
    const { byName } = this.endpoints;
    const endpoint = byName.get(name);
    if (endpoint !== undefined) return endpoint;
    const names = [...byName.keys()];
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new InputError(`function "${this.name}" has no endpoint "${name}"; ${known}${suggestion(name, names)}`);
  }

  /** Adds a handler; see `FunctionContext.onRequest`. */
  onRequest(filter: RequestFilter, handler: RequestHandler): Disposable {
    this.#check(filter);
    const route: RequestRoute = { filter, handler };
    this.#routes.push(route);
    return {
      [Symbol.dispose]: () => {
        const at = this.#routes.indexOf(route);
        if (at >= 0) this.#routes.splice(at, 1);
      },
    };
  }

  /** Runs a task for each session; see `FunctionContext.whileEnabled`. */
  whileEnabled(task: SessionTask): Disposable {
    const runner = new SessionRunner(this.name, this.endpoints.state, task, (error) => this.host.report(error));
    this.#runners.push(runner);
    return runner;
  }

  /** True if a handler wants requests that are addressed to no function. */
  get wantsAllRecipients(): boolean {
    return this.#routes.some(({ filter }) => concernsAll(recipientOf(filter)));
  }

  /** Ends the start of the function. Its descriptors are written next. */
  started(): void {
    this.#started = true;
  }

  /** Asks the handlers. `undefined`: none wants the request. */
  answer(request: SetupRequest): Promise<SetupAnswer> {
    return answerByRoute(new FunctionRequest(request, this.endpoints), this.#routes);
  }

  /** Disables the function for good, which ends its sessions. */
  stop(): void {
    this.endpoints.state.close();
    for (const runner of this.#runners) runner[Symbol.dispose]();
  }

  /** Resolves when the tasks of all sessions have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#runners.map(({ ended }) => ended));
  }

  #check(filter: RequestFilter): void {
    if (filter.endpoint !== undefined) this.endpoint(filter.endpoint);
    const { interfaceNames } = this.endpoints;
    if (filter.interface !== undefined && !interfaceNames.includes(filter.interface)) {
      const known = interfaceNames.filter((name) => name !== undefined);
      const have = known.length === 0 ? 'its only interface has no name' : `it has ${known.join(', ')}`;
      throw new InputError(
        `function "${this.name}" has no interface "${filter.interface}"; ${have}${suggestion(filter.interface, known)}`,
      );
    }
    if (this.#started && concernsAll(recipientOf(filter)))
      throw new KernelError(
        'EBUSY',
        `handle requests of function "${this.name}"`,
        'a handler for requests to the device must be added while the function starts.',
      );
  }
}
