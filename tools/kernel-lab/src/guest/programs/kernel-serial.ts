#!/usr/bin/env node
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { linux } from '@gadgetloom/backend-linux';
import { MILLISECOND, sleep } from '@gadgetloom/core';
import { composeStack, kernelFunction } from '@gadgetloom/gadget';
import { SERIAL_PORTS, type SerialPort, serialStream } from '@gadgetloom/kernel-functions';
import { playSerial, type SerialScene } from '@gadgetloom/kernel-functions/testing';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite, OPTIONAL } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';

const { values, report } = guestSuite({
  help: `kernel-serial [--record FILE]

Plays the scenarios of serial functions on the kernel that this runs on, as root, and compares what both ends see with what is
recorded, which the simulation answers too. Then the kernel's own driver cdc_acm is the host.
--record: writes what the kernel answers, as JSON.`,
  options: { record: OPTIONAL },
});

const address = (type: string) => ({ gadget: 'serial', type, instance: 'console' });

function open(kernel: 'acm' | 'gser') {
  return composeStack({
    gadget: {
      name: 'serial',
      vendorId: 0x1d6b,
      productId: 0x0104,
      manufacturer: 'Gadgetloom',
      product: 'Console',
      functions: { console: kernelFunction(kernel) },
    },
    backends: [linux({ controller: 'dummy_udc' })],
    env: {},
  });
}

async function scene(kernel: 'acm' | 'gser'): Promise<SerialScene & AsyncDisposable> {
  const stack = await open(kernel);
  const ports = stack.resolve(SERIAL_PORTS);
  return {
    open: () => ports.open(address(kernel)),
    host: () => stack.host(),
    unbind: () => stack.usbGadget.unbind(),
    bind: () => stack.usbGadget.bind(),
    pass: (milliseconds) => sleep(stack.clock, milliseconds * MILLISECOND),
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

/** What the simulation answers too: a test of kernel-functions compares it. */
const recorded = JSON.parse(readFileSync('packages/kernel-functions/scenarios/serial.json', 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, unknown>>>
>;
const answers: Record<string, unknown> = {};
for (const type of ['acm', 'gser'] as const) {
  const seen = await playSerial(type, () => scene(type));
  answers[type] = seen;
  for (const [step, answer] of Object.entries(seen))
    await report.check(`${type}: ${step}`, () => expectEqual(answer, recorded[type]?.[step], 'the kernel answers'));
}
if (values.record !== undefined) writeFileSync(values.record, `${JSON.stringify(answers, null, 2)}\n`);

spawnSync('modprobe', ['cdc-acm'], { stdio: 'inherit' });
const HOST_TERMINAL = '/dev/ttyACM0';
/** Where the host keeps what the program sent. */
const COPY = '/tmp/from-program';
const MEGABYTES_10 = 10 * 1024 * 1024;
/** Milliseconds. */
const PATIENCE = 120_000;

/** Waits until something holds. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (holds()) return;
    await pause(10);
  }
  throw new Error(`${what} has not come in five seconds`);
}

/** The terminal that cdc_acm made, in raw mode. */
async function hostTerminal(speed = 115200): Promise<void> {
  await until(HOST_TERMINAL, () => existsSync(HOST_TERMINAL));
  const { status } = spawnSync('stty', ['-F', HOST_TERMINAL, 'raw', '-echo', '-hupcl', 'clocal', String(speed)], {
    stdio: 'inherit',
  });
  expectEqual(status, 0, 'stty');
}

function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Takes chunks until `length` bytes have come. */
async function collect(chunks: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    count += chunk.length;
    if (count >= length) break;
  }
  return Buffer.concat(parts);
}

async function* readsOf(port: SerialPort): AsyncGenerator<Uint8Array> {
  for (let read = await port.read(); read !== undefined; read = await port.read()) yield read;
}

/** Runs a check with cdc_acm as the host; one that hangs fails. */
function checkHost(name: string, run: () => Promise<void>): Promise<void> {
  return report.check(`cdc_acm: ${name}`, async () => {
    await until('the end of the terminal before', () => !existsSync(HOST_TERMINAL));
    await Promise.race([run(), pause(PATIENCE, undefined, { ref: false }).then(() => expect(false, 'it hangs'))]);
  });
}

await checkHost('10 MiB to the program arrive', async () => {
  await using stack = await open('acm');
  await using port = await stack.resolve(SERIAL_PORTS).open(address('acm'));
  await hostTerminal();
  const sent = pattern(MEGABYTES_10, 1);
  const host = createWriteStream(HOST_TERMINAL, { flags: 'r+' });
  const begin = Date.now();
  host.end(sent);
  const got = await collect(readsOf(port), sent.length);
  console.log(`to the program: ${((sent.length / (Date.now() - begin)) * 1e-3).toFixed(1)} MB/s`);
  expectEqual(digest(got), digest(sent), `${got.length} bytes`);
  await once(host, 'close');
});

await checkHost('10 MiB to the host arrive', async () => {
  await using stack = await open('acm');
  const port = serialStream(stack.resolve(SERIAL_PORTS), address('acm'));
  await hostTerminal();
  const sent = pattern(MEGABYTES_10, 2);
  // cdc_acm drops what its reader does not take in time: each unthrottling asks for forty times what the terminal holds.
  const copy = openSync(COPY, 'w');
  const reader = spawn('head', ['-c', String(sent.length), HOST_TERMINAL], { stdio: ['ignore', copy, 'inherit'] });
  const begin = Date.now();
  port.end(sent);
  await once(reader, 'exit');
  closeSync(copy);
  const got = readFileSync(COPY);
  console.log(`to the host: ${((sent.length / (Date.now() - begin)) * 1e-3).toFixed(1)} MB/s`);
  expectEqual(digest(got), digest(sent), `${got.length} bytes`);
  port.destroy();
});

await checkHost('a host that sends first hears no echo', async () => {
  await using stack = await open('acm');
  await hostTerminal();
  const host = createWriteStream(HOST_TERMINAL, { flags: 'r+' });
  host.write('login\n');
  await pause(200);
  await using port = await stack.resolve(SERIAL_PORTS).open(address('acm'));
  expectEqual(Buffer.from((await port.read()) ?? []).toString(), 'login\n');
  const reader = createReadStream(HOST_TERMINAL);
  await port.write(Buffer.from('mine'));
  expectEqual((await collect(reader, 4)).toString(), 'mine');
  reader.destroy();
  host.destroy();
});

await checkHost('a break of the program reaches the host', async () => {
  await using stack = await open('acm');
  await using port = await stack.resolve(SERIAL_PORTS).open(address('acm'));
  await hostTerminal();
  const host = createReadStream(HOST_TERMINAL);
  await once(host, 'open');
  await pause(100);
  port.setBreak(true);
  // In raw mode a break is read as a zero.
  expectEqual([...(await collect(host, 1))], [0]);
  port.setBreak(false);
  host.destroy();
});

await checkHost('the program goes on when the host leaves and comes back', async () => {
  await using stack = await open('acm');
  await using port = await stack.resolve(SERIAL_PORTS).open(address('acm'));
  let hangups = 0;
  port.onHangup(() => hangups++);
  for (let round = 0; round < 5; round++) {
    await hostTerminal();
    const host = createWriteStream(HOST_TERMINAL, { flags: 'r+' });
    host.write(`round ${round}`);
    expectEqual(Buffer.from((await port.read()) ?? []).toString(), `round ${round}`);
    host.destroy();
    await stack.usbGadget.unbind();
    await until('the end of the terminal', () => !existsSync(HOST_TERMINAL));
    await stack.usbGadget.bind();
  }
  expect(hangups >= 5, `${hangups} hangups`);
});

const before = await settledInventory();
await report.check('stacks that are closed in the middle leave nothing', async () => {
  for (let round = 0; round < 5; round++) {
    const stack = await open('acm');
    await hostTerminal();
    const ports = stack.resolve(SERIAL_PORTS);
    const port = await ports.open(address('acm'));
    const stream = serialStream(ports, address('acm'));
    stream.on('error', () => {});
    stream.write(new Uint8Array(64 * 1024));
    const reading = port.read();
    const writing = port.write(new Uint8Array(64 * 1024)).catch((error: Error) => error.message);
    await stack.close();
    expectEqual(await reading, undefined);
    expect(/ENODEV/.test(String(await writing)), `the write ended with ${await writing}`);
    await port.close();
    stream.destroy();
  }
  await expectNothingLeft(before);
  expectEqual(readdirSync('/sys/kernel/config/usb_gadget'), []);
});

report.end();
