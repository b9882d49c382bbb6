import {
  bulk,
  defineFunction,
  type FunctionContext,
  type FunctionRequest,
  interrupt,
  isochronous,
  type ProgramFunction,
} from '@gadgetloom/gadget';
import {
  ControlTest,
  fillPattern,
  PATTERNS,
  type PatternFault,
  patternFault,
} from '@gadgetloom/usb-classes/source-sink';
import { z } from 'zod';

/** Bytes of a transfer unless given (g_zero.h, GZERO_BULK_BUFLEN). */
const BULK_LENGTH = 4096;
const MAX_LENGTH = 65_536;
const LARGEST_PACKET = 1024;

const options = z.strictObject({
  /** `'source-sink'`: sends and takes a pattern. `'loopback'`: sends back what the host sends. */
  mode: z.enum(['source-sink', 'loopback']).default('source-sink'),
  /** Type of the two endpoints. */
  type: z.enum(['bulk', 'interrupt', 'isochronous']).default('bulk'),
  /** What the source sends and the sink expects. */
  pattern: z.enum(PATTERNS).default('zeros'),
  /** Bytes of a transfer of a bulk endpoint: whole packets of 1024. */
  bufferLength: z.int().min(LARGEST_PACKET).max(MAX_LENGTH).multipleOf(LARGEST_PACKET).default(BULK_LENGTH),
  /** Bytes of a packet of interrupt and isochronous endpoints; 64 and 512 unless given. Full speed has at most 64. */
  packetSize: z.int().min(1).max(LARGEST_PACKET).optional(),
  /** Alternate setting 1 with an isochronous source and sink beside setting 0. */
  alternate: z.boolean().default(false),
});
type Options = z.output<typeof options>;

/** What `stack.function(NAME)` gives to the program. */
export interface SourceSink {
  /** Bytes that the host has taken from the source. */
  readonly sent: number;
  /** Bytes that the sink has taken. */
  readonly received: number;
  /** Transfers to the sink that had wrong bytes. */
  readonly faults: number;
  /** Calls back for each transfer to the sink that has wrong bytes. The endpoint is halted. */
  onFault(listener: (fault: PatternFault) => void): Disposable;
}

/**
 * A source, sink or loopback as the kernel's Gadget Zero has them, for usbtest.
 *
 * @example
 * const gadget = defineGadget({ vendorId, productId, functions: { test: sourceSink({ pattern: 'mod63' }) } });
 */
export const sourceSink = defineFunction({
  kind: 'source-sink',
  options,
  describe: ({ type, packetSize, alternate }): ProgramFunction => ({
    class: 0xff,
    endpoints: pair(type, packetSize, 'source', 'sink'),
    ...(alternate && {
      alternates: [{ class: 0xff, endpoints: pair('isochronous', packetSize, 'steadySource', 'steadySink') }],
    }),
  }),
  start: (fn, chosen): SourceSink => startTest(fn, chosen),
});

function pair(type: Options['type'], packetSize: number | undefined, source: string, sink: string) {
  if (type === 'bulk') return { [source]: bulk.in(), [sink]: bulk.out() };
  const size = packetSize ?? (type === 'interrupt' ? 64 : 512);
  const periodic = { packetSize: size, interval: 1, full: { packetSize: Math.min(size, 64) } };
  if (type === 'interrupt') return { [source]: interrupt.in(periodic), [sink]: interrupt.out(periodic) };
  return { [source]: isochronous.in(periodic), [sink]: isochronous.out(periodic) };
}

function startTest(fn: FunctionContext, { mode, type, pattern, bufferLength, alternate }: Options): SourceSink {
  const listeners = new Set<(fault: PatternFault) => void>();
  let [sent, received, faults] = [0, 0, 0];
  const packet = (name: string): number => (fn.endpoint(name).descriptor?.maxPacketSize ?? LARGEST_PACKET) & 0x7ff;
  const length = (name: string, each: Options['type']): number => (each === 'bulk' ? bufferLength : packet(name));

  const give = (name: string, each: Options['type']): void => {
    fn.whileEnabled(async (session) => {
      const bytes = fillPattern(pattern, new Uint8Array(length(name, each)), packet(name));
      for (;;) {
        await session.send(name, bytes);
        sent += bytes.length;
      }
    });
  };
  const take = (name: string, each: Options['type']): void => {
    fn.whileEnabled(async (session) => {
      for await (const bytes of session.transfers(name, { size: length(name, each) })) {
        received += bytes.length;
        const fault = patternFault(pattern, bytes, packet(name));
        if (fault !== undefined) await wrong(name, each, fault);
      }
    });
  };
  const wrong = async (name: string, each: Options['type'], fault: PatternFault): Promise<void> => {
    faults++;
    fn.tell(`byte ${fault.offset} of a transfer to the sink is ${fault.found}, not ${fault.expected}`);
    for (const listener of [...listeners]) listener(fault);
    // As f_sourcesink.c, check_read_data. Isochronous endpoints have no halt.
    if (each !== 'isochronous') await fn.endpoint(name).halt();
  };
  const loopBack = (): void => {
    fn.whileEnabled(async (session) => {
      for await (const bytes of session.transfers('sink', { size: length('sink', type) })) {
        received += bytes.length;
        // As f_loopback.c, loopback_complete: what ended with a short packet ends with one again.
        await session.send('source', bytes, { end: bytes.length < length('sink', type) });
        sent += bytes.length;
      }
    });
  };

  if (mode === 'loopback') loopBack();
  else {
    give('source', type);
    take('sink', type);
  }
  if (alternate) {
    give('steadySource', 'isochronous');
    take('steadySink', 'isochronous');
  }
  answerControlTests(fn);
  return {
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    get faults() {
      return faults;
    },
    onFault(listener) {
      const own = (fault: PatternFault): void => listener(fault);
      listeners.add(own);
      return { [Symbol.dispose]: () => void listeners.delete(own) };
    },
  };
}

function answerControlTests(fn: FunctionContext): void {
  const control = new ControlTest();
  const answer = async (request: FunctionRequest) => {
    const decision = control.setup(request.setup);
    if (decision.kind === 'send') return decision.bytes;
    if (decision.kind === 'refuse') return false;
    control.receive(await request.data());
    return true;
  };
  fn.onRequest({ type: 'vendor', recipient: 'device' }, answer);
  // Controllers for super speed pass GET_STATUS of an interface on (composite.c, composite_setup).
  fn.onRequest({ type: 'standard', request: 0, direction: 'in' }, ({ length }) => new Uint8Array(Math.min(length, 2)));
}
