import type { UsbDevice } from '@gadgetloom/virtual-host';
import type { SerialPort } from '../serial/serial-port.ts';
import { SerialHost } from './serial-host.ts';

/** A gadget of one serial function, and both ends of it. */
export interface SerialScene {
  /** Opens the program's end. */
  open(): Promise<SerialPort>;
  /** The device as the host sees it, configured. */
  host(): Promise<UsbDevice>;
  /** Takes the gadget from its controller. */
  unbind(): Promise<void>;
  /** Gives the gadget to its controller. */
  bind(): Promise<void>;
  /** Lets milliseconds pass. */
  pass(milliseconds: number): Promise<void>;
}

/** What is tried, and the functions that have it. What it returns is JSON, and the same on every kernel. */
export interface SerialStep {
  readonly name: string;
  readonly functions: readonly ('acm' | 'gser')[];
  /** What in the answer depends on the controller: addresses of endpoints, or how much its FIFOs hold. */
  readonly depends?: 'addresses' | 'FIFOs';
  /** Plays the step; returns what both ends saw. */
  play(scene: SerialScene): Promise<unknown>;
}

const [SET_LINE_CODING, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK] = [0x20, 0x21, 0x22, 0x23];
const CODING_115200 = [0, 0xc2, 1, 0, 0, 0, 8];
const BOTH = ['acm', 'gser'] as const;
const ACM = ['acm'] as const;
/** Milliseconds in which a kernel has surely moved on, and those in which a slow one has moved many packets. */
const SETTLED = 100;
const LONG = 2000;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: Uint8Array | undefined): string => new TextDecoder().decode(read);
const hostOf = async (scene: SerialScene): Promise<SerialHost> => SerialHost.of(await scene.host());

/** Reads until so many bytes have come. */
async function readAll(port: SerialPort, count: number): Promise<Uint8Array> {
  const into = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const read = (await port.read({ max: count - at })) ?? new Uint8Array(count - at);
    into.set(read, at);
    at += read.length;
  }
  return into;
}

/** Scenarios that are played on the kernel in the lab, where their answers were recorded, and on the simulation. */
export const SERIAL_STEPS: readonly SerialStep[] = [
  {
    name: 'descriptors',
    functions: BOTH,
    depends: 'addresses',
    async play(scene) {
      const host = await hostOf(scene);
      const strings = [];
      for (let index = 0; index < 8; index++) strings.push(await host.descriptor(3, index));
      return { configuration: await host.descriptor(2), otherSpeed: await host.descriptor(7), strings };
    },
  },
  {
    name: 'line coding',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      return [
        await host.get(GET_LINE_CODING, 7),
        await host.set(SET_LINE_CODING, 0, CODING_115200),
        await host.get(GET_LINE_CODING, 64),
        await host.get(GET_LINE_CODING, 3),
        await host.set(SET_LINE_CODING, 0, [1, 2, 3, 4, 5, 6]),
        await host.set(SET_LINE_CODING, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        await host.set(SET_LINE_CODING, 0, CODING_115200, 1),
        await host.get(GET_LINE_CODING, 7, 1),
        await host.set(SET_LINE_CODING, 0, [255, 255, 255, 255, 255, 255, 255]),
        await host.get(GET_LINE_CODING, 7),
      ];
    },
  },
  {
    name: 'line coding after the device was unbound and bound again',
    functions: ACM,
    async play(scene) {
      await (await hostOf(scene)).set(SET_LINE_CODING, 0, CODING_115200);
      await scene.unbind();
      await scene.bind();
      return (await hostOf(scene)).get(GET_LINE_CODING, 7);
    },
  },
  {
    name: 'control lines and requests that nobody knows',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      return [
        await host.set(SET_CONTROL_LINE_STATE, 3),
        await host.set(SET_CONTROL_LINE_STATE, 0xffff),
        await host.set(SET_CONTROL_LINE_STATE, 3, undefined, 1),
        await host.set(0x00, 0),
        await host.set(0x02, 0, [1, 2]),
        await host.get(0x01, 8),
      ];
    },
  },
  {
    name: 'requests of a class',
    functions: ['gser'],
    async play(scene) {
      const host = await hostOf(scene);
      return [
        await host.set(SET_CONTROL_LINE_STATE, 3),
        await host.set(SET_LINE_CODING, 0, CODING_115200),
        await host.get(GET_LINE_CODING, 7),
      ];
    },
  },
  {
    name: 'state while no program, a program, and none again has the terminal open',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      const states = [await host.notification()];
      const port = await scene.open();
      states.push(await host.notification());
      await port.close();
      states.push(await host.notification());
      return states;
    },
  },
  {
    name: 'break of the program',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      await using port = await scene.open();
      await scene.pass(SETTLED);
      const states = [await host.notification(), await host.notification()];
      port.setBreak(true);
      states.push(await host.notification());
      port.setBreak(false);
      states.push(await host.notification());
      return states;
    },
  },
  {
    name: 'break of the host',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      const first = await host.notification();
      return [
        first,
        await host.set(SEND_BREAK, 0xffff),
        await host.notification(),
        await host.set(SEND_BREAK, 0),
        await host.notification(),
      ];
    },
  },
  {
    name: 'notifications that the host does not fetch',
    functions: ACM,
    async play(scene) {
      const host = await hostOf(scene);
      for (const duration of [1, 0, 1]) await host.set(SEND_BREAK, duration);
      await scene.pass(SETTLED);
      return [await host.notification(), await host.notification()];
    },
  },
  {
    name: 'bytes to the program',
    functions: BOTH,
    async play(scene) {
      await using port = await scene.open();
      const host = await hostOf(scene);
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const sent = await host.send(all);
      const got = await readAll(port, 256);
      return [sent, got.every((byte, index) => byte === index)];
    },
  },
  {
    name: 'bytes to the host',
    functions: BOTH,
    async play(scene) {
      await using port = await scene.open();
      const host = await hostOf(scene);
      const lengths = [];
      for (const length of [1, 511, 512, 513, 1024]) {
        await port.write(new Uint8Array(length).fill(10));
        const got = await host.receive(2048);
        lengths.push(
          got.length,
          got.every((byte) => byte === 10),
        );
      }
      return lengths;
    },
  },
  {
    name: 'what was written before a host was there',
    functions: BOTH,
    async play(scene) {
      await scene.unbind();
      await using port = await scene.open();
      await port.write(bytes('early'));
      await scene.bind();
      return text(await (await hostOf(scene)).receive(512));
    },
  },
  {
    name: 'how much is taken from a program while no host is there',
    functions: BOTH,
    async play(scene) {
      await scene.unbind();
      await using port = await scene.open();
      const full = new AbortController();
      let taken = 0;
      const writing = (async () => {
        for (;;) {
          await port.write(new Uint8Array(256), { signal: full.signal });
          taken += 256;
        }
      })();
      await scene.pass(SETTLED);
      full.abort();
      await writing.catch(() => {});
      return taken;
    },
  },
  {
    name: 'how many packets are dropped once a program has closed the terminal',
    functions: BOTH,
    depends: 'FIFOs',
    async play(scene) {
      const port = await scene.open();
      const host = await hostOf(scene);
      await scene.pass(SETTLED);
      await port.close();
      let dropped = 0;
      const sending = (async () => {
        for (;;) {
          await host.send(bytes('lost'));
          dropped++;
        }
      })();
      await scene.pass(LONG);
      const before = dropped;
      await using again = await scene.open();
      const got = text(await again.read());
      void sending.catch(() => {});
      await scene.unbind();
      await scene.bind();
      return [before, got.slice(0, 4)];
    },
  },
  {
    name: 'hangup when the host configures the device again, and after SET_INTERFACE',
    functions: ACM,
    async play(scene) {
      await using port = await scene.open();
      const host = await hostOf(scene);
      let hangups = 0;
      port.onHangup(() => hangups++);
      const seen: unknown[] = [];
      await host.configureAgain();
      await scene.pass(SETTLED);
      await host.send(bytes('again'));
      seen.push(hangups, text(await port.read()));
      await host.device.selectAlternateInterface(1, 0);
      await scene.pass(SETTLED);
      await host.send(bytes('once more'));
      seen.push(hangups, text(await port.read()));
      return seen;
    },
  },
  {
    name: 'hangup when the device is unbound',
    functions: BOTH,
    async play(scene) {
      await using port = await scene.open();
      const host = await hostOf(scene);
      await host.send(bytes('unread'));
      await scene.pass(SETTLED);
      await scene.unbind();
      await scene.pass(SETTLED);
      await scene.bind();
      const next = await hostOf(scene);
      await next.send(bytes('read'));
      return text(await port.read());
    },
  },
];

/** Plays the steps of a function, each with a scene of its own, and returns what each saw. */
export async function playSerial(
  kernel: 'acm' | 'gser',
  setting: () => Promise<SerialScene & AsyncDisposable>,
): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const { name, functions, play } of SERIAL_STEPS) {
    if (!functions.includes(kernel)) continue;
    await using scene = await setting();
    seen[name] = await play(scene);
  }
  return seen;
}
