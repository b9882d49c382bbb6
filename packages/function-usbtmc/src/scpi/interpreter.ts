import { answerParts, type ResponsePart } from './answer.ts';
import { ErrorQueue, ScpiError } from './errors.ts';
import { type MessageUnit, messageUnits } from './message.ts';
import { parseParameter, type ScpiValue, textOf } from './parameters.ts';
import { addRequiredCommands } from './required-commands.ts';
import { EventStatus, StatusModel } from './status.ts';
import { type HeaderPath, ScpiTree } from './tree.ts';

/** What a handler learns about its command beside the parameters. */
export interface ScpiCall {
  /** As the host wrote it: `OUTP2:STAT`. */
  readonly header: string;
  /** Numeric suffixes, in order; 1 where the host wrote none. */
  readonly suffixes: readonly number[];
  /** Aborted when the host clears the device or leaves. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a command, or answers a query. A {@link ScpiError} goes to the error queue; any other error goes there as
 * -300, and is reported. What it returns, or promises, matters for queries only.
 */
export type ScpiHandler = (args: readonly ScpiValue[], call: ScpiCall) => unknown;

/** What an interpreter takes. */
export interface InterpreterOptions {
  /** Answer of `*IDN?`. */
  readonly identity: string;
  /** Entries of the error queue. */
  readonly errorQueue: number;
  /** True while a response is available. */
  readonly messageAvailable: () => boolean;
  /** A reason for a service request arises. */
  readonly requestService: (statusByte: number) => void;
  /** Gets the errors of handlers. */
  readonly report: (error: unknown) => void;
}

/** The event of each class of errors: the hundreds of its code (SCPI 1999, volume 2, 21.8.2). */
const EVENTS: Readonly<Record<number, number>> = {
  [-1]: EventStatus.CME,
  [-2]: EventStatus.EXE,
  [-3]: EventStatus.DDE,
  [-4]: EventStatus.QYE,
};

const SEPARATOR = Uint8Array.of(0x3b);
const END = Uint8Array.of(0x0a);

/** Carries out SCPI messages: a tree of handlers, an error queue and a status model. */
export class ScpiInterpreter {
  readonly errors: ErrorQueue;
  readonly status: StatusModel;
  readonly #tree = new ScpiTree<ScpiHandler>();
  readonly #report: (error: unknown) => void;

  constructor({ identity, errorQueue, messageAvailable, requestService, report }: InterpreterOptions) {
    this.errors = new ErrorQueue(errorQueue);
    this.#report = report;
    this.status = new StatusModel({ errors: () => this.errors.length > 0, message: messageAvailable }, requestService);
    addRequiredCommands(this, identity);
  }

  /** Adds a handler, in place of the one that the header had. @throws InputError the pattern is no header */
  add(pattern: string, handler: ScpiHandler): void {
    this.#tree.add(pattern, handler);
  }

  /** Puts an error into the queue, and its class into the standard event status. */
  fail(error: ScpiError): void {
    this.errors.push(error);
    this.status.standard.raise(EVENTS[Math.trunc(error.code / 100)] ?? EventStatus.DDE);
  }

  /** Carries out a message, unit by unit. @returns the parts of the response; none if nothing was asked */
  async execute(message: Uint8Array, signal: AbortSignal): Promise<ResponsePart[]> {
    const response: ResponsePart[] = [];
    let path: HeaderPath | undefined;
    for (const unit of messageUnits(textOf(message))) {
      if (signal.aborted) return [];
      try {
        if (unit instanceof ScpiError) throw unit;
        const found = this.#find(unit, unit.first ? undefined : path);
        path = found.path;
        const call: ScpiCall = { header: unit.header, suffixes: found.suffixes, signal };
        const answer = await found.handler(unit.parameters.map(parseParameter), call);
        if (!unit.query || signal.aborted) continue;
        const parts = answerParts(answer);
        if (response.length > 0) response.push(SEPARATOR);
        response.push(...parts);
      } catch (error) {
        this.#failed(error, signal);
      }
    }
    if (response.length > 0) response.push(END);
    return response;
  }

  #find(unit: MessageUnit, path: HeaderPath | undefined) {
    const found = this.#tree.find(unit.header, unit.query, path);
    if (found !== undefined) return found;
    throw new ScpiError(-113, `${unit.header}${unit.query ? '?' : ''}`);
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (error instanceof ScpiError) {
      this.fail(error);
      return;
    }
    // What a handler throws because it was aborted is no error.
    if (signal.aborted) return;
    this.fail(new ScpiError(-300, error instanceof Error ? error.message : String(error)));
    this.#report(error);
  }
}
