import type { ProgramFunction } from '../definition/definition.ts';
import type { OwnEndpointTowards, SomeFunction } from '../definition/endpoint-names.ts';
import type { ReceiveOptions, SendOptions } from '../stack/endpoint-bytes.ts';
import type { StackEndpoint } from '../stack/stack-endpoint.ts';

/**
 * The time from the moment that a host enables a function until it disables it, reconfigures it, or leaves. Calls of a
 * session end with it: they reject with the reason of its signal, which `whileEnabled` takes for a normal end.
 */
export class Session<D extends ProgramFunction = SomeFunction> {
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly #endpoint: (name: string) => StackEndpoint;

  constructor(signal: AbortSignal, endpoint: (name: string) => StackEndpoint) {
    this.signal = signal;
    this.#endpoint = endpoint;
  }

  /** Receives one transfer of the host; see {@link StackEndpoint.receive}. */
  receive(endpoint: OwnEndpointTowards<D, 'out'>, options?: Omit<ReceiveOptions, 'signal'>): Promise<Uint8Array> {
    return this.#endpoint(endpoint).receive({ ...options, signal: this.signal });
  }

  /** Sends bytes to the host; see {@link StackEndpoint.send}. */
  send(endpoint: OwnEndpointTowards<D, 'in'>, bytes: Uint8Array, options?: Omit<SendOptions, 'signal'>): Promise<void> {
    return this.#endpoint(endpoint).send(bytes, { ...options, signal: this.signal });
  }

  /** The transfers of the host one after the other, for `for await`. They end with the session. */
  async *transfers(
    endpoint: OwnEndpointTowards<D, 'out'>,
    options?: Omit<ReceiveOptions, 'signal'>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    while (!this.signal.aborted) {
      let bytes: Uint8Array;
      try {
        bytes = await this.receive(endpoint, options);
      } catch (error) {
        if (this.signal.aborted) return;
        throw error;
      }
      yield bytes;
    }
  }
}

/** The reason why a session ended. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';

  constructor(functionName: string) {
    super(`the host disabled or reconfigured function "${functionName}", or left.`);
  }
}
