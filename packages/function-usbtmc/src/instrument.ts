import { type Clock, InputError } from '@gadgetloom/core';
import type { StackEndpoint } from '@gadgetloom/gadget';
import { Listeners } from './listeners.ts';
import type { CheckedOptions } from './options.ts';
import type { AnswerPath, BulkIn } from './protocol/bulk-in.ts';
import { Channel, type ChannelOptions } from './protocol/channel.ts';
import { Exchange } from './protocol/exchange.ts';
import type { Notifications } from './protocol/notifications.ts';
import { RemoteLocal, type RemoteState } from './protocol/remote-state.ts';
import { isWaveform, type ResponsePart, type ScpiAnswer, type Waveform } from './scpi/answer.ts';
import { ScpiError } from './scpi/errors.ts';
import { type ScpiCall, type ScpiHandler, ScpiInterpreter } from './scpi/interpreter.ts';
import { bytesOf, type ScpiValue, textOf } from './scpi/parameters.ts';
import type { StatusModel } from './scpi/status.ts';

/** The most characters of a message that is told to people. */
const TOLD = 60;
const TRIGGER = bytesOf('*TRG');

/** Carries out a message, and returns the bytes of the response, or a waveform; nothing if there is none. */
export type MessageHandler = (
  message: Uint8Array,
  signal: AbortSignal,
) => Uint8Array | Waveform | undefined | Promise<Uint8Array | Waveform | undefined>;

/** Answers a SCPI query. */
export type QueryHandler = (args: readonly ScpiValue[], call: ScpiCall) => ScpiAnswer | Promise<ScpiAnswer>;
/** Carries out a SCPI command. */
export type CommandHandler = (args: readonly ScpiValue[], call: ScpiCall) => void | Promise<void>;

/** An instrument: what `stack.function(NAME)` gives to the program. */
export interface Usbtmc {
  /**
   * Answers a query: `query('MEASure:VOLTage?', () => 3.3)`. It takes the place of the handler that the header had.
   *
   * @param header capitals are the short form, `[...]` is optional, `#` stands for a numeric suffix
   * @throws InputError it is no header of a query, or the instrument does not speak SCPI
   */
  query(header: string, handler: QueryHandler): void;
  /** Carries out a command: `command('CONFigure:VOLTage', ([range]) => ...)`. See {@link query}. */
  command(header: string, handler: CommandHandler): void;
  /** Gets the messages of an instrument with `scpi: false`. @throws InputError it speaks SCPI */
  onMessage(handler: MessageHandler): void;
  /** Gets vendor-specific messages. Without a handler they are refused. */
  onVendorMessage(handler: MessageHandler): void;
  /** Is called for TRIGGER messages, and for `*TRG`. */
  onTrigger(handler: (signal: AbortSignal) => void | Promise<void>): void;
  /** Calls back when the host has cleared the device. */
  onClear(listener: () => void): Disposable;
  /** Calls back when the host wants the instrument to show itself, for half a second to a second. */
  onIndicator(listener: () => void): Disposable;
  /** Calls back when the host takes control, or gives it back. */
  onRemote(listener: (state: RemoteState) => void): Disposable;
  readonly remote: RemoteState;
  /** The status model. Its `operation` and `questionable` registers are the program's. */
  readonly status: StatusModel;
  /** Puts an error into the error queue. Codes of the instrument itself are positive. */
  error(code: number, detail?: string): void;
  /** How long answers leave; `undefined` until there was one. */
  readonly path: AnswerPath | undefined;
}

/** What an instrument works with. */
export interface InstrumentParts {
  readonly out: StackEndpoint<'out'>;
  readonly in: BulkIn;
  readonly notifications: Notifications;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
  readonly tell: (line: string) => void;
}

/** The instrument behind the requests and the endpoints. */
export class UsbtmcInstrument {
  readonly api: Usbtmc;
  readonly exchange: Exchange;
  readonly remote: RemoteLocal;
  readonly scpi: ScpiInterpreter;
  readonly cleared: Listeners;
  readonly indicated: Listeners;
  readonly #parts: InstrumentParts;
  readonly #device: Channel;
  #onMessage: MessageHandler | undefined;
  #onVendorMessage: MessageHandler | undefined;
  #onTrigger: ((signal: AbortSignal) => void | Promise<void>) | undefined;

  constructor(options: CheckedOptions, parts: InstrumentParts) {
    this.#parts = parts;
    const { report, notifications, clock, out } = parts;
    this.remote = new RemoteLocal(report);
    this.cleared = new Listeners(report);
    this.indicated = new Listeners(report);
    this.scpi = new ScpiInterpreter({
      identity: options.identity,
      errorQueue: options.errorQueue,
      messageAvailable: () => this.#device?.response !== undefined,
      requestService: (statusByte) => notifications.serviceRequest(statusByte),
      report,
    });
    const common: Omit<ChannelOptions, 'execute'> = {
      longest: options.longestMessage,
      interrupted: () => this.scpi.fail(new ScpiError(-410)),
      overrun: () => this.scpi.fail(new ScpiError(-363)),
      changed: () => this.#changed(),
      report: (error) => this.#failed(error),
    };
    this.#device = new Channel({ ...common, execute: (message, signal) => this.#execute(options, message, signal) });
    const vendor = new Channel({
      ...common,
      execute: async (message, signal) => responseParts(await this.#onVendorMessage?.(message, signal)),
    });
    this.exchange = new Exchange({
      ...{ out, in: parts.in, clock, device: this.#device, vendor },
      vendorWanted: () => this.#onVendorMessage !== undefined,
      trigger: (signal) => this.#trigger(signal),
      addressed: () => this.remote.addressed(),
      unterminated: () => this.scpi.fail(new ScpiError(-420)),
      failed: (error) => this.#failed(error),
    });
    this.scpi.add('*TRG', async (_, { signal }) => this.#onTrigger?.(signal));
    this.api = this.#makeApi(options.scpi);
  }

  /** Serves the host until the session ends. */
  async serve(signal: AbortSignal): Promise<void> {
    this.#parts.notifications.open(signal);
    this.remote.enable(false);
    await this.exchange.serve(signal);
  }

  async #execute({ scpi }: CheckedOptions, message: Uint8Array, signal: AbortSignal): Promise<readonly ResponsePart[]> {
    this.#parts.tell(scpi ? shown(message) : `${message.length} bytes`);
    if (scpi) return this.scpi.execute(message, signal);
    return responseParts(await this.#onMessage?.(message, signal));
  }

  async #trigger(signal: AbortSignal): Promise<void> {
    await this.scpi.execute(TRIGGER, signal);
  }

  #changed(): void {
    this.scpi.status.update();
    this.exchange.answer();
  }

  #failed(error: unknown): void {
    this.scpi.fail(new ScpiError(-300, error instanceof Error ? error.message : String(error)));
    this.#parts.report(error);
  }

  #makeApi(scpi: boolean): Usbtmc {
    const instrument = this;
    const add = (header: string, query: boolean, handler: ScpiHandler): void => {
      if (!scpi) throw new InputError('this instrument has scpi: false: use onMessage.');
      if (header.endsWith('?') !== query)
        throw new InputError(
          `"${header}" is ${query ? 'no query: end it with ?, or use command' : 'a query: use query'}.`,
        );
      instrument.scpi.add(header, handler);
    };
    return {
      query: (header, handler) => add(header, true, handler),
      command: (header, handler) => add(header, false, handler),
      onMessage(handler) {
        if (scpi) throw new InputError('this instrument speaks SCPI: give it scpi: false, or use query and command.');
        instrument.#onMessage = handler;
      },
      onVendorMessage(handler) {
        instrument.#onVendorMessage = handler;
      },
      onTrigger(handler) {
        instrument.#onTrigger = handler;
      },
      onClear: (listener) => instrument.cleared.add(listener),
      onIndicator: (listener) => instrument.indicated.add(listener),
      onRemote: (listener) => instrument.remote.onChange(listener),
      get remote() {
        return instrument.remote.state;
      },
      status: instrument.scpi.status,
      error: (code, detail) => instrument.scpi.fail(new ScpiError(code, detail)),
      get path() {
        return instrument.#parts.in.path;
      },
    };
  }
}

function responseParts(answer: Uint8Array | Waveform | undefined): readonly ResponsePart[] {
  if (answer === undefined) return [];
  if (answer instanceof Uint8Array || isWaveform(answer)) return answer.length === 0 ? [] : [answer];
  throw new TypeError('a handler of messages returns bytes, a waveform or nothing.');
}

/** A message as people read it. */
function shown(message: Uint8Array): string {
  const text = textOf(message.subarray(0, TOLD + 1))
    .trimEnd()
    .replaceAll(/[^ -~]/g, '.');
  return text.length > TOLD ? `${text.slice(0, TOLD)}...` : text;
}
