import { InputError, isInputError, SECOND, SystemClock, suggestion } from '@gadgetloom/core';
import { RequestType } from '@gadgetloom/udc';
import { BEHAVIOUR } from '../definition/behaviour.ts';
import type { FunctionEndpoints } from '../stack/function-endpoints.ts';
import type { SetupAnswer, SetupRequest } from '../stack/setup-request.ts';
import { FunctionCore } from './function-core.ts';
import type { FunctionHost } from './function-host.ts';
import type { KernelPorts } from './kernel-ports.ts';

/** Nanoseconds that closing waits for the tasks of a function, and then for its resources. */
const TASK_TIME = 5 * SECOND;
/** Nanoseconds after which a start that has not ended is reported. */
const START_TIME = 10 * SECOND;

/** The functions of the program on one stack: their endpoints, their behaviour, and what they give to the program. */
export class ProgramFunctions {
  readonly #cores: readonly FunctionCore[];
  readonly #apis = new Map<string, unknown>();
  readonly #host: FunctionHost;
  readonly #ports: KernelPorts;

  /** @param ports the serial functions of the kernel */
  constructor(functions: readonly FunctionEndpoints[], host: FunctionHost, ports: KernelPorts) {
    this.#host = host;
    this.#ports = ports;
    this.#cores = functions.map((endpoints) => new FunctionCore(endpoints, host));
  }

  /** @throws InputError a function cannot start */
  async start(): Promise<void> {
    for (const core of this.#cores) {
      const behaviour = core.endpoints.definition[BEHAVIOUR];
      if (behaviour !== undefined)
        this.#apis.set(core.name, await this.#started(core.name, behaviour.kind, () => behaviour.start(core)));
      core.started();
    }
  }

  /**
   * What the behaviour of a function gave to the program, or the stream of a serial function of the kernel.
   *
   * @throws InputError no such function, or it gives nothing
   */
  api(name: string): unknown {
    if (this.#apis.has(name)) return this.#apis.get(name);
    if (this.#ports.names.includes(name)) return this.#ports.stream(name);
    const names = [...this.#apis.keys(), ...this.#ports.names];
    const known = names.length === 0 ? 'no function of this gadget does' : `those that do are ${names.join(', ')}`;
    throw new InputError(
      `function "${name}" gives nothing to the program: it is neither made by defineFunction nor a serial port; ` +
        `${known}${suggestion(name, names)}`,
    );
  }

  /** True if some function wants requests that are addressed to no function. */
  get wantsAllRecipients(): boolean {
    return this.#cores.some((core) => core.wantsAllRecipients);
  }

  /** Asks the function that got the request, or, if it is addressed to none, all functions in their order. */
  async answer(request: SetupRequest): Promise<SetupAnswer> {
    const recipient = request.setup.requestType & RequestType.RECIPIENT_MASK;
    const own = recipient === RequestType.INTERFACE || recipient === RequestType.ENDPOINT;
    for (const core of this.#cores) {
      if (own && core.name !== request.function) continue;
      const answer = await core.answer(request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Ends all sessions. Nothing is enabled any more. */
  stop(): void {
    for (const core of this.#cores) core.stop();
  }

  /** Waits for the tasks of the functions to end, so that their buffers and resources can be closed. */
  async settle(): Promise<void> {
    await Promise.all(
      this.#cores.map(async (core) => {
        if (!(await inTime(core.settled())))
          this.#reportText(
            `function "${core.name}" does not end: a task of whileEnabled ignores the signal of its session.`,
          );
      }),
    );
  }

  /** Closes what the functions own. @throws the errors of what cannot be closed */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const core of [...this.#cores].reverse()) {
      const closed = core.scope.close().catch((error: unknown) => failures.push(error));
      if (!(await inTime(closed)))
        this.#reportText(
          `function "${core.name}" does not close: a resource, or a function of onClose, does not finish.`,
        );
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Functions could not be closed.');
  }

  async #started(name: string, kind: string, start: () => unknown): Promise<unknown> {
    const timer = new SystemClock().setTimer(START_TIME, () =>
      this.#reportText(
        `function "${name}" (${kind}) has not started yet: its start still waits. It must not wait for the host, which ` +
          'finds the gadget only after the start; use whileEnabled or onEnabled for that.',
      ),
    );
    try {
      return await start();
    } catch (cause) {
      if (isInputError(cause)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `function "${name}" (${kind}) cannot start: ${reason}`;
      throw new InputError(message, { field: `functions.${name}` }, { cause });
    } finally {
      timer.cancel();
    }
  }

  #reportText(text: string): void {
    this.#host.report(new Error(text));
  }
}

/** True if something ends in time. It may wait for files, so the time is that of the machine. */
function inTime(end: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = new SystemClock().setTimer(TASK_TIME, () => resolve(false));
    void end.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
