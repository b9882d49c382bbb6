import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { isKernelError, MILLISECOND, type Plugin, sleep } from '@gadgetloom/core';
import { bulk, composeStack, defineFunction, defineGadget } from '@gadgetloom/gadget';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';
import { receiveFrom } from './receive-from.ts';

/** A message is a single short packet that begins with its number, so that a halt or an abort cannot cut it. */
const message = (number: number, length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};
const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

const description = { class: 0xff, endpoints: { commands: bulk.out(), replies: bulk.in() } } as const;

/** Notes the number of each message, and answers it with the next number of its own. */
const numbered = defineFunction({
  kind: 'numbered',
  describe: () => description,
  start(fn) {
    const received: number[] = [];
    let sent = 0;
    fn.onRequest({ type: 'vendor', direction: 'in' }, ({ request }) => Uint8Array.of(request));
    fn.onRequest({ type: 'vendor', direction: 'out' }, async (request) => void (await request.data()));
    fn.whileEnabled(async (session) => {
      for await (const bytes of session.transfers('commands')) {
        received.push(numberOf(bytes));
        await session.send('replies', message(sent++, bytes.length));
      }
    });
    return { received };
  },
});

/** Takes anything in two sessions at once, two writers and, now and then, a stream. */
const trampled = defineFunction({
  kind: 'trampled',
  describe: () => description,
  start(fn) {
    for (let reader = 0; reader < 2; reader++)
      fn.whileEnabled(async (session) => {
        for await (const bytes of session.transfers('commands', { size: 1 + reader * 3000 }))
          await session.send('replies', bytes, { end: true });
      });
    return { endpoint: { commands: fn.endpoint('commands'), replies: fn.endpoint('replies') }, clock: fn.clock };
  },
});

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { numbered: numbered(), trampled: trampled() },
});

const HOSTS = [
  'write',
  'read',
  'control',
  'configure',
  'deconfigure',
  'alternate',
  'reset',
  'suspend',
  'replug',
  'clear',
];
const PROGRAMS = ['receive', 'send', 'halt', 'clearHalt', 'abort', 'stream'];
const step = fc.record({
  act: fc.constantFrom('write', 'read', 'write', 'read', ...HOSTS, ...PROGRAMS),
  who: fc.constantFrom('numbered' as const, 'trampled' as const),
  size: fc.oneof(fc.integer({ min: 4, max: 511 }), fc.constantFrom(512, 1024, 4096, 70_000)),
  towards: fc.constantFrom('commands' as const, 'replies' as const),
  /** Turns of the event loop, or time, before the next step. */
  pause: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(-1)),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a call of the program or the host may be told when the other side does what it likes. */
const ORDINARY = [
  'EAGAIN',
  'ESHUTDOWN',
  'ENODEV',
  'EPIPE',
  'EINVAL',
  'ENOENT',
  'EPROTO',
  'ETIMEDOUT',
  'ECONNRESET',
  'EHOSTUNREACH',
];

async function run(backend: Plugin, steps: readonly Step[]): Promise<void> {
  const errors: unknown[] = [];
  const odd: unknown[] = [];
  const stack = await composeStack({ gadget, backends: [backend], onError: (error) => errors.push(error) });
  const host = stack.resolve(VIRTUAL_HOST);
  await host.waitForDevice();
  await stack.enabled();
  const device = () => host.devices[0];
  const program: Promise<unknown>[] = [];
  const aborts: AbortController[] = [];
  const note = (error: unknown): void => {
    if (
      isKernelError(error) ? !ORDINARY.includes(error.code) : !(error instanceof Error && error.name === 'AbortError')
    )
      odd.push(error);
  };
  /** Starts a call and goes on; the call must have ended when the stack has closed. */
  const start = (call: () => Promise<unknown>): void => {
    program.push(Promise.resolve().then(call).catch(note));
  };
  const read: number[] = [];
  let count = 0;
  /** Numbers that the function must have, unless the host disturbs it. */
  let owed: number[] = [];
  const submit = (who: 'numbered' | 'trampled', towards: 'commands' | 'replies', bytes: Uint8Array<ArrayBuffer>) =>
    new Promise<HostTransfer | undefined>((resolve) => {
      const address = stack.endpoint(`${who}.${towards}`).address;
      const present = device();
      if (
        address === undefined ||
        present === undefined ||
        !present.endpoints().some((pipe) => pipe.address === address)
      ) {
        resolve(undefined);
        return;
      }
      const pipe = present.pipe(address);
      const transfer = new HostTransfer(bytes, () => resolve(transfer));
      pipe.submit(transfer);
      void sleep(stack.clock, MILLISECOND).then(() => pipe.cancel(transfer));
    });
  const { endpoint, clock } = stack.function('trampled');
  const acts: Record<string, (step: Step) => unknown> = {
    async write({ who, size }) {
      const number = count++;
      const length = who === 'numbered' ? 4 + (size % 508) : size;
      const before = owed;
      const transfer = await submit(who, 'commands', message(number, length));
      if (who === 'numbered' && transfer?.status === 0 && before === owed) owed.push(number);
    },
    async read({ who, size }) {
      const transfer = await submit(who, 'replies', new Uint8Array(who === 'numbered' ? 512 : size));
      if (who === 'numbered' && transfer?.status === 0 && transfer.actual >= 4) read.push(numberOf(transfer.data));
    },
    control: ({ who, size }) => {
      const requestType = size % 2 === 0 ? 0x41 : 0xc1;
      const setup = { requestType, request: size & 0xff, value: size, index: who === 'numbered' ? 0 : 1, length: size };
      return requestType === 0x41
        ? device()?.controlOut(setup, new Uint8Array(size), MILLISECOND)
        : device()?.controlIn(setup, MILLISECOND);
    },
    configure: () => device()?.setConfiguration(1),
    deconfigure: () => device()?.setConfiguration(0),
    alternate: ({ who }) => device()?.setInterface(who === 'numbered' ? 0 : 1, 0),
    reset: () => device()?.reset(),
    async suspend() {
      await host.suspend();
      await host.resume();
    },
    async replug({ size }) {
      host.cable.unplug();
      if (size % 2 === 0) await sleep(stack.clock, MILLISECOND);
      host.cable.plug();
      await host.waitForDevice();
    },
    clear({ who, towards }) {
      const address = stack.endpoint(`${who}.${towards}`).address;
      if (address !== undefined) return device()?.clearHalt(address);
    },
    receive({ size }) {
      const abort = new AbortController();
      aborts.push(abort);
      start(() => endpoint.commands.receive({ size, signal: abort.signal }));
    },
    send({ size }) {
      const abort = new AbortController();
      aborts.push(abort);
      start(() => endpoint.replies.send(new Uint8Array(size), { signal: abort.signal, end: size % 2 === 0 }));
    },
    halt: ({ who, towards }) => start(() => stack.endpoint(`${who}.${towards}`).halt()),
    clearHalt: ({ who, towards }) => start(() => stack.endpoint(`${who}.${towards}`).clearHalt()),
    abort: () => aborts.pop()?.abort(),
    stream({ size }) {
      const pool = BufferPool.allocate(stack.exporter, { count: 2, size: 4096 });
      const stream = receiveFrom(endpoint.commands, pool, { clock }).subscribe({
        next: (received) => received.release(),
        error: note,
      });
      start(async () => {
        await sleep(stack.clock, (size % 5) * MILLISECOND);
        stream.unsubscribe();
      });
    },
  };
  const DISTURBING = [
    'configure',
    'deconfigure',
    'alternate',
    'reset',
    'suspend',
    'replug',
    'clear',
    'halt',
    'clearHalt',
  ];
  for (const one of steps) {
    if (DISTURBING.includes(one.act)) owed = [];
    const acting = Promise.resolve()
      .then(() => acts[one.act]!(one))
      .catch(note);
    if (one.pause < 0) {
      await acting;
      await sleep(stack.clock, 3 * MILLISECOND);
      // A function that still sends an answer does not receive: the host takes the answers of what it sent.
      for (let at = 0; at < owed.length && !stack.function('numbered').received.includes(owed.at(-1)!); at++)
        await acts['read']!({ ...one, who: 'numbered' });
      for (const number of owed) expect(stack.function('numbered').received).toContain(number);
      owed = [];
    } else for (let turn = 0; turn < one.pause; turn++) await undefined;
    if (one.act === 'replug' || one.act === 'reset') await acting;
    program.push(acting);
  }
  for (const abort of aborts) abort.abort();
  await sleep(stack.clock, 20 * MILLISECOND);
  const { received } = stack.function('numbered');
  const increasing = (numbers: number[]): boolean =>
    numbers.every((number, at) => at === 0 || number > numbers[at - 1]!);
  expect(increasing(received), `received ${received}`).toBe(true);
  expect(increasing(read), `read ${read}`).toBe(true);

  // A good host is answered.
  await host.waitForDevice();
  await device()!.setConfiguration(1);
  await stack.enabled();
  await sleep(stack.clock, 10 * MILLISECOND);
  for (let round = 0; round < 3; round++) {
    const number = count++;
    const writing = submit('numbered', 'commands', message(number, 100));
    let back: HostTransfer | undefined;
    // An answer to an earlier message may still be there.
    while (back === undefined || back.actual !== 100) {
      back = await submit('numbered', 'replies', new Uint8Array(512));
      expect(back?.status, `round ${round}`).toBe(0);
    }
    expect((await writing)?.status).toBe(0);
    expect(received.at(-1)).toBe(number);
  }
  await stack.close();
  await Promise.all(program);
  expect(errors).toEqual([]);
  expect(odd).toEqual([]);
}

describe.each([
  ['mock', () => mock()],
  ['mock without scatter-gather', () => mock({ scatterGather: false })],
  ['dwc3', () => dwc3()],
  ['musb', () => musb()],
])('functions on %s', (_, backend) => {
  it('survive a host that does what it likes, and answer the next good one', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) => run(backend(), steps)),
      { numRuns: Number(process.env['ROUNDS'] ?? 15), seed: Number(process.env['SEED'] ?? 7) },
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
