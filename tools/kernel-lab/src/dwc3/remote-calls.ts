import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type ErrnoCode, isKernelError, KernelError } from '@gadgetloom/core';
import { PacedReader, PacedWriter } from './paced-lines.ts';

/** Objects whose methods can be called from the other end of a line; what they take and give is JSON, or bytes. */
export type Services = Readonly<Record<string, object>>;

interface Request {
  readonly id: number;
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code?: ErrnoCode; readonly operation?: string; readonly message: string };
}

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Answers the calls that come over a line. Each is a JSON text in a line of its own, and so is its answer, but for the pace
 * of {@link PacedWriter}: an empty line asks for the next piece.
 */
export function answerCalls(services: Services, input: Readable, output: Writable): void {
  const answers = new PacedWriter(output);
  createInterface({ input }).on('line', async (line) => {
    if (line === '') {
      answers.taken();
      return;
    }
    const { id, service, method, args } = decode(line) as Request;
    answers.write(encode(await answer(id, () => methodOf(services, service, method)(...args))));
  });
}

async function answer(id: number, call: () => unknown): Promise<Answer> {
  try {
    return { id, result: await call() };
  } catch (error) {
    const { message } = error as Error;
    const refused = isKernelError(error) ? { code: error.code, operation: error.operation } : {};
    return { id, error: { ...refused, message } };
  }
}

function methodOf(services: Services, service: string, method: string): Method {
  const target = services[service] as Record<string, Method | undefined> | undefined;
  const found = target?.[method];
  if (target === undefined || found === undefined) throw new Error(`Nobody answers to ${service}.${method}.`);
  return found.bind(target);
}

/** The calling end of a line on which {@link answerCalls} listens. */
export class RemoteCalls<Offered extends Services> implements Disposable {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    const answers = new PacedReader((text) => {
      const answer = decode(text) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    createInterface({ input }).on('line', (line) => {
      output.write('\n');
      answers.read(line);
    });
  }

  /** A proxy for a service of the other end: its methods return promises, and a KernelError arrives as a KernelError. */
  service<Name extends keyof Offered & string>(name: Name): Offered[Name] {
    // A promise that is resolved with it asks for its `then`.
    const get = (_: object, method: string | symbol): Method | undefined =>
      typeof method === 'symbol' || method === 'then'
        ? undefined
        : (...args) => this.#call({ id: this.#next++, service: name, method, args });
    return new Proxy({}, { get }) as Offered[Name];
  }

  /** Lets go of the line; calls that are under way are never answered. */
  [Symbol.dispose](): void {
    this.#input.destroy();
    this.#output.destroy();
  }

  async #call(request: Request): Promise<unknown> {
    const { result, error } = await new Promise<Answer>((resolve) => {
      this.#waiting.set(request.id, resolve);
      this.#output.write(`${encode(request)}\n`);
    });
    if (error === undefined) return result;
    const { code, operation = request.method, message } = error;
    if (code === undefined) throw new Error(message);
    throw new KernelError(code, operation, message.slice(`${operation}: ${code}: `.length));
  }
}

function encode(message: Request | Answer): string {
  const bytes = (_: string, value: unknown): unknown =>
    value instanceof Uint8Array
      ? { base64: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') }
      : value;
  return JSON.stringify(message, bytes);
}

function decode(line: string): unknown {
  const bytes = (_: string, value: unknown): unknown => {
    const { base64 } = (value ?? {}) as { readonly base64?: unknown };
    return typeof base64 === 'string' ? Uint8Array.from(Buffer.from(base64, 'base64')) : value;
  };
  return JSON.parse(line, bytes);
}
