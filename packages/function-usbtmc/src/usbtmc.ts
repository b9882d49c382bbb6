import { bulk, defineFunction, type FunctionMaker, interrupt } from '@gadgetloom/gadget';
import { answerRequests } from './control-requests.ts';
import { type Usbtmc, UsbtmcInstrument } from './instrument.ts';
import { type UsbtmcOptions, usbtmcOptions } from './options.ts';
import { BulkIn } from './protocol/bulk-in.ts';
import { Notifications } from './protocol/notifications.ts';

/** Packets of a burst at super speed. */
const BURST = 16;
/** Milliseconds between two polls of the interrupt endpoint. */
const POLL = 1;

/** What a host sees: one interface with two bulk endpoints, and one for notifications (USBTMC 1.0, 5.5 and 5.6). */
export interface UsbtmcDescription {
  readonly class: 0xfe;
  readonly subclass: 3;
  readonly protocol: 1;
  readonly endpoints: {
    readonly in: ReturnType<typeof bulk.in>;
    readonly out: ReturnType<typeof bulk.out>;
    readonly notifications: ReturnType<typeof interrupt.in>;
  };
}

/**
 * A test and measurement instrument: USBTMC 1.0 with the subclass USB488, and SCPI.
 *
 * @example
 * functions: { scope: usbtmc({ identity: 'ACME,Scope,0042,1.0' }) }
 * stack.function('scope').query('MEASure:VOLTage?', () => 3.3);
 */
export const usbtmc: FunctionMaker<UsbtmcOptions, UsbtmcDescription, Usbtmc> = defineFunction({
  kind: 'usbtmc',
  options: usbtmcOptions,
  describe: (): UsbtmcDescription => ({
    class: 0xfe,
    subclass: 3,
    protocol: 1,
    endpoints: {
      in: bulk.in({ burst: BURST }),
      out: bulk.out({ burst: BURST }),
      notifications: interrupt.in({ packetSize: 8, interval: POLL }),
    },
  }),
  start(fn, options): Usbtmc {
    const { bufferSize: size, buffers: count } = options;
    const report = (error: unknown): void => fn.report(error);
    const tell = (line: string): void => fn.tell(line);
    const notifications = new Notifications(
      (bytes, signal) => fn.endpoint('notifications').send(bytes, { signal }),
      report,
    );
    const bulkIn = new BulkIn({
      endpoint: fn.endpoint('in'),
      allocate: options.path === 'copy' ? undefined : () => fn.allocate({ count, size, name: fn.name.slice(0, 31) }),
      tell,
    });
    const instrument = new UsbtmcInstrument(options, {
      ...{ out: fn.endpoint('out'), in: bulkIn, notifications, clock: fn.clock, report, tell },
    });
    answerRequests(fn, instrument, notifications, options.scpi);
    fn.whileEnabled(({ signal }) => instrument.serve(signal));
    return instrument.api;
  },
});
