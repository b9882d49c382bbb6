import { Errno, MILLISECOND, SECOND } from '@gadgetloom/core';
import { Handshake } from '@gadgetloom/udc/bus';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { enumerated, settled, traced } from '../../test/rig.ts';
import { HostTransfer } from '../host-transfer.ts';
import type { HostPipe } from './host-pipe.ts';

const status = (code: keyof typeof Errno): number => -Errno[code];

/** A transfer that writes down how often, in which order and how it completed. */
function watched(log: string[], name: string, length = 64): HostTransfer {
  return new HostTransfer(new Uint8Array(length), ({ status, actual }) => log.push(`${name} ${status} ${actual}`));
}

/** Bytes 1, 2, 3 ... */
function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at + 1);
}

async function pipes() {
  const rig = await enumerated();
  const log: string[] = [];
  return { ...rig, input: rig.there.pipe(0x81), output: rig.there.pipe(0x02), log };
}

describe('a pipe', () => {
  it('knows its endpoint', async () => {
    const { input, output } = await pipes();
    expect(input).toMatchObject({ address: 0x81, number: 1, direction: 'in', type: 'bulk', maxPacketSize: 512 });
    expect(output).toMatchObject({ address: 0x02, number: 2, direction: 'out', type: 'bulk', companion: undefined });
  });

  it('reads what the device sends, and ends at a short packet', async () => {
    const { device, input } = await pipes();
    device.send(0x81, counting(100));
    expect(await input.transferIn(512)).toEqual({ status: 0, actual: 100, data: counting(100) });
  });

  it('reads as much as was asked for out of more', async () => {
    const { device, input } = await pipes();
    device.send(0x81, new Uint8Array(2048));
    expect(await input.transferIn(1024)).toMatchObject({ status: 0, actual: 1024 });
    expect(await input.transferIn(4096, SECOND)).toMatchObject({ status: status('ETIMEDOUT'), actual: 1024 });
  });

  it('writes, also nothing', async () => {
    const { device, output } = await pipes();
    device.accept(0x02, 1024);
    device.accept(0x02, 1024);
    expect(await output.transferOut(counting(100))).toEqual({ status: 0, actual: 100, data: counting(100) });
    expect(await output.transferOut(new Uint8Array())).toMatchObject({ status: 0, actual: 0 });
    expect(device.endpoint(0x02).received).toEqual([counting(100), new Uint8Array()]);
  });

  it('ends a write with a zero-length packet if it is to', async () => {
    const { device, output } = await pipes();
    device.accept(0x02, 4096);
    await output.transferOut(new Uint8Array(512));
    expect(device.endpoint(0x02).received).toEqual([]);
    await output.transferOut(new Uint8Array(512), 0, true);
    expect(device.endpoint(0x02).received.map(({ length }) => length)).toEqual([1024]);
  });

  it('completes nothing from inside submit, and each transfer once', async () => {
    const { device, input, log } = await pipes();
    device.send(0x81, counting(3));
    input.submit(watched(log, 'a'));
    expect(log).toEqual([]);
    await settled();
    expect(log).toEqual(['a 0 3']);
    expect(input.pending).toBe(0);
  });

  it('serves transfers in order', async () => {
    const { device, input, log } = await pipes();
    for (const name of ['a', 'b', 'c']) input.submit(watched(log, name));
    expect(input.pending).toBe(3);
    for (const length of [1, 2, 3]) device.send(0x81, counting(length));
    await settled();
    expect(log).toEqual(['a 0 1', 'b 0 2', 'c 0 3']);
  });

  it('waits while the device answers NAK, and goes on when it is ready', async () => {
    const { device, input, log } = await pipes();
    input.submit(watched(log, 'a'));
    await settled();
    expect(log).toEqual([]);
    device.bus?.ready(0x02);
    device.bus?.ready(0x83);
    device.bus?.ready(0x80);
    device.bus?.ready(0x81);
    await settled();
    expect(log).toEqual([]);
    device.send(0x81, counting(5));
    await settled();
    expect(log).toEqual(['a 0 5']);
  });

  it('notices that the device became ready while it was answering NAK', async () => {
    const { device, input, log } = await pipes();
    const endpoint = device.endpoint(0x81);
    let first = true;
    const ordinary = endpoint.in.bind(endpoint);
    endpoint.in = (transfer, budget) => {
      const answer = ordinary(transfer, budget);
      if (first) device.send(0x81, counting(1));
      first = false;
      return answer;
    };
    input.submit(watched(log, 'a'));
    await settled();
    expect(log).toEqual(['a 0 1']);
  });

  it('fills a transfer from several of the device', async () => {
    const { device, input } = await pipes();
    const reading = input.transferIn(2048);
    for (let count = 0; count < 4; count++) device.send(0x81, new Uint8Array(512));
    expect(await reading).toMatchObject({ status: 0, actual: 2048 });
  });

  it.each<[string, (rig: Awaited<ReturnType<typeof pipes>>) => unknown, keyof typeof Errno, number]>([
    ['is halted', ({ device }) => Object.assign(device.endpoint(0x81), { halted: true }), 'EPIPE', 0],
    ['does not answer', ({ device }) => Object.assign(device.endpoint(0x81), { silent: true }), 'EPROTO', 0],
    ['sends more than was asked for', ({ device }) => device.send(0x81, new Uint8Array(512)), 'EOVERFLOW', 64],
  ])('fails if the endpoint %s', async (_, arrange, code, actual) => {
    const rig = await pipes();
    arrange(rig);
    const [first, second] = await Promise.all([rig.input.transferIn(64), rig.input.transferIn(64, SECOND)]);
    expect(first).toMatchObject({ status: status(code), actual });
    expect(second?.status, 'the next transfer has its own turn').toBe(
      status(code === 'EOVERFLOW' ? 'ETIMEDOUT' : code),
    );
  });

  it('takes up what was submitted by a completion', async () => {
    const { device, input } = await pipes();
    for (let count = 0; count < 10; count++) device.send(0x81, counting(count + 1));
    const lengths: number[] = [];
    const transfer = new HostTransfer(new Uint8Array(64), (it) => {
      lengths.push(it.actual);
      if (lengths.length < 10) input.submit(it);
    });
    input.submit(transfer);
    await settled();
    expect(lengths).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('goes on after a completion that throws', async () => {
    const { clock, device, input, log } = await pipes();
    let escaped: unknown;
    const { defer } = clock;
    clock.defer = (job) =>
      defer.call(clock, () => {
        try {
          job();
        } catch (error) {
          escaped = error;
        }
      });
    device.send(0x81, counting(1));
    device.send(0x81, counting(2));
    const bad = new HostTransfer(new Uint8Array(64), () => {
      throw new Error('a bug of the caller');
    });
    input.submit(bad);
    input.submit(watched(log, 'b'));
    await settled();
    expect(escaped).toMatchObject({ message: 'a bug of the caller' });
    expect(log).toEqual(['b 0 2']);
  });

  it('traces every transfer', async () => {
    const rig = await pipes();
    rig.device.send(0x81, counting(7));
    await rig.input.transferIn(64);
    expect(rig.trace.events.at(-1)).toMatchObject({
      source: 'host',
      what: 'transfer',
      details: { endpoint: 0x81, length: 64, actual: 7, status: 0 },
    });
    expect(traced(rig, 'transfer', 'status')).toEqual([0]);
  });
});

describe('a transfer that takes too long', () => {
  it('ends with ETIMEDOUT and what has arrived', async () => {
    const { clock, device, input } = await pipes();
    const reading = input.transferIn(1024, 300 * MILLISECOND);
    device.send(0x81, new Uint8Array(512).fill(7));
    expect(await reading).toEqual({ status: status('ETIMEDOUT'), actual: 512, data: new Uint8Array(512).fill(7) });
    expect(clock.now()).toBe(300 * MILLISECOND);
  });

  it('lets the next one have its turn', async () => {
    const { device, input, log } = await pipes();
    const late = input.transferIn(64, MILLISECOND);
    input.submit(watched(log, 'b'));
    await late;
    device.send(0x81, counting(2));
    await settled();
    expect(log).toEqual(['b 0 2']);
  });

  it('leaves no timer behind if it does not', async () => {
    const { clock, device, input } = await pipes();
    device.send(0x81, counting(1));
    await input.transferIn(64, SECOND);
    await clock.runUntilIdle();
    expect(clock.now()).toBe(0);
  });
});

describe('cancelling', () => {
  it('ends a transfer with ECONNRESET, wherever it is in the queue', async () => {
    const { device, input, log } = await pipes();
    const transfers = ['a', 'b', 'c', 'd'].map((name) => watched(log, name));
    for (const transfer of transfers) input.submit(transfer);
    await settled();
    expect([3, 0, 1].map((at) => input.cancel(transfers[at]!))).toEqual([true, true, true]);
    expect(log).toEqual([]);
    expect(input.pending).toBe(4);
    await settled();
    device.send(0x81, counting(9));
    await settled();
    expect(log).toEqual([
      `d ${status('ECONNRESET')} 0`,
      `a ${status('ECONNRESET')} 0`,
      `b ${status('ECONNRESET')} 0`,
      'c 0 9',
    ]);
  });

  it('does nothing to a transfer that is not submitted here, is done, or is ending already', async () => {
    const { device, input, output, log } = await pipes();
    const transfer = watched(log, 'a');
    expect(input.cancel(transfer)).toBe(false);
    input.submit(transfer);
    expect(output.cancel(transfer)).toBe(false);
    expect(input.cancel(transfer)).toBe(true);
    expect(input.cancel(transfer)).toBe(false);
    await settled();
    expect(input.cancel(transfer)).toBe(false);
    device.send(0x81, counting(1));
    input.submit(transfer);
    await settled();
    expect(log).toEqual([`a ${status('ECONNRESET')} 0`, 'a 0 1']);
  });

  it('while the device is busy with the transfer waits for the device', async () => {
    const { device, input, log } = await pipes();
    const endpoint = device.endpoint(0x81);
    const transfer = watched(log, 'a', 1024);
    const ordinary = endpoint.in.bind(endpoint);
    endpoint.in = (it, budget) => {
      const answer = ordinary(it, budget);
      expect(input.cancel(transfer)).toBe(true);
      return answer;
    };
    device.send(0x81, new Uint8Array(512));
    input.submit(transfer);
    await settled();
    expect(log).toEqual([`a ${status('ECONNRESET')} 512`]);
  });
});

describe('a pipe refuses', () => {
  const refused = (pipe: HostPipe, transfer: HostTransfer, code: string) =>
    expect(() => pipe.submit(transfer)).toThrow(expect.objectContaining({ code }));

  it('a transfer that is submitted already', async () => {
    const { input, output, log } = await pipes();
    const transfer = watched(log, 'a');
    input.submit(transfer);
    refused(input, transfer, 'EBUSY');
    refused(output, transfer, 'EBUSY');
  });

  it('a length that the data has no room for', async () => {
    const { input } = await pipes();
    refused(input, new HostTransfer(new Uint8Array(8), () => {}, 9), 'EINVAL');
    refused(input, new HostTransfer(new Uint8Array(8), () => {}, -1), 'EINVAL');
  });

  it('reading where it writes, and the other way round', async () => {
    const { input, output } = await pipes();
    expect(() => output.transferIn(64)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => input.transferOut(counting(1))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('everything once its endpoint is gone', async () => {
    const { host, there, device, input, log } = await pipes();
    await there.setConfiguration(0);
    refused(input, watched(log, 'a'), 'ENOENT');
    await there.setConfiguration(1);
    expect(there.pipe(0x81)).toBe(input);
    await host.suspend();
    refused(input, watched(log, 'a'), 'EHOSTUNREACH');
    await host.resume();
    device.disconnect();
    refused(input, watched(log, 'a'), 'ENODEV');
    expect(log).toEqual([]);
  });
});

describe('transfers under way end with ESHUTDOWN', () => {
  it.each<[string, (rig: Awaited<ReturnType<typeof pipes>>) => unknown]>([
    ['the device leaves', ({ device }) => device.disconnect()],
    ['the cable is pulled', ({ host }) => host.cable.unplug()],
    ['the device is reset', ({ there }) => there.reset()],
    ['another configuration is set', ({ there }) => there.setConfiguration(0)],
    ['an alternate setting is set', ({ there }) => there.setInterface(0, 0)],
    ['the bus is suspended', ({ host }) => host.suspend()],
    ['the host is closed', ({ host }) => host[Symbol.dispose]()],
  ])('when %s', async (_, happen) => {
    const rig = await pipes();
    for (const name of ['a', 'b', 'c']) rig.input.submit(watched(rig.log, name, 1024));
    rig.device.send(0x81, new Uint8Array(512));
    await settled();
    await happen(rig);
    await settled();
    const code = status('ESHUTDOWN');
    expect(rig.log).toEqual([`a ${code} 512`, `b ${code} 0`, `c ${code} 0`]);
  });

  it('when the device leaves while it is busy with one', async () => {
    const { device, input, log } = await pipes();
    const endpoint = device.endpoint(0x81);
    endpoint.in = () => {
      device.disconnect();
      return Handshake.NAK;
    };
    for (const name of ['a', 'b']) input.submit(watched(log, name));
    await settled();
    expect(log).toEqual([`a ${status('ESHUTDOWN')} 0`, `b ${status('ESHUTDOWN')} 0`]);
  });
});

describe('periodic pipes', () => {
  async function periodic() {
    const rig = await enumerated({
      content: {
        configurations: [
          make.configuration(
            {},
            make.iface({ endpoints: 2 }),
            make.endpoint(0x81, 'isochronous', 0x0c00, 4),
            make.endpoint(0x82, 'interrupt', 64, 4),
          ),
        ],
      },
    });
    return { ...rig, isochronous: rig.there.pipe(0x81), interrupt: rig.there.pipe(0x82) };
  }

  it('move data as others do', async () => {
    const { device, isochronous, interrupt } = await periodic();
    device.send(0x81, counting(900));
    device.send(0x82, counting(8));
    expect(await isochronous.transferIn(1024)).toMatchObject({ status: 0, actual: 900 });
    expect(await interrupt.transferIn(64)).toMatchObject({ status: 0, actual: 8 });
  });

  it('isochronous ones take at most what one interval carries', async () => {
    const { isochronous } = await periodic();
    expect(isochronous.maxPacketSize).toBe(1024);
    const transfer = (length: number) => new HostTransfer(new Uint8Array(length), () => {});
    isochronous.submit(transfer(2048));
    expect(() => isochronous.submit(transfer(2049))).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
  });
});
