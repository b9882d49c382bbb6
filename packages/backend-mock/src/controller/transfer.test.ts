import { hostTransfer, pattern, sameBytes, WatchedRequest } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

interface Case {
  /** Packet size. The speed follows from it. */
  packet: 64 | 512 | 1024;
  /** Bytes that the host asks for or offers. */
  host: number;
  /** Lengths of the requests that are queued. */
  device: number[];
  /** IN: the requests have `zero` set. OUT: the host ends with a zero-length packet. */
  zero?: boolean;
}

const speeds = { 64: 'full', 512: 'high', 1024: 'super' } as const;

/** Queues the requests, makes one transfer, and returns the results of both sides. */
function play(direction: 'in' | 'out', { packet, host, device, zero = false }: Case, budgets: readonly number[] = []) {
  const rig = new ControllerRig({ speed: speeds[packet] }).connect();
  const endpoint =
    direction === 'in' ? rig.enable('ep1in-bulk', 0x81, packet) : rig.enable('ep2out-bulk', 0x02, packet);
  const requests = device.map((length, index) => {
    const request = new WatchedRequest(direction === 'in' ? pattern(length, index) : new Uint8Array(length));
    // A scatter-gather table keeps the request out of the FIFO for small requests.
    request.sg = { entries: [{ dmaAddress: 0, length, memory: request.buffer!, offset: 0 }] };
    request.buffer = undefined;
    request.zero = zero && direction === 'in';
    endpoint.queue(request);
    return request;
  });
  const transfer = hostTransfer(host, zero && direction === 'out');
  if (direction === 'out') transfer.data.set(pattern(host, 99));
  const serve = (budget?: number) => (direction === 'in' ? rig.in(1, transfer, budget) : rig.out(2, transfer, budget));
  let answer = 'MORE';
  for (const budget of budgets) {
    if (answer !== 'MORE') break;
    answer = serve(budget);
  }
  if (answer === 'MORE') answer = serve();
  return {
    answer,
    actual: transfer.actual,
    data: transfer.data,
    memory: requests.map((request) => request.sg!.entries[0]!.memory),
    requests: requests.map((request) => request.outcomes.join() || `queued ${request.actual}`),
  };
}

describe('a transfer to the host', () => {
  const table: [string, Case, { answer: string; actual: number; requests: string[] }][] = [
    ['of nothing queued waits', { packet: 512, host: 512, device: [] }, { answer: 'NAK', actual: 0, requests: [] }],
    [
      'of exactly what was asked for',
      { packet: 512, host: 1024, device: [1024] },
      { answer: 'ACK', actual: 1024, requests: ['ok 1024'] },
    ],
    [
      'ends with a short packet',
      { packet: 512, host: 4096, device: [1000] },
      { answer: 'SHORT', actual: 1000, requests: ['ok 1000'] },
    ],
    [
      'goes on with the next request after whole packets',
      { packet: 512, host: 4096, device: [512, 1024, 100] },
      { answer: 'SHORT', actual: 1636, requests: ['ok 512', 'ok 1024', 'ok 100'] },
    ],
    [
      'waits for more after whole packets',
      { packet: 512, host: 4096, device: [512] },
      { answer: 'NAK', actual: 512, requests: ['ok 512'] },
    ],
    [
      'ends with a zero-length packet if the request says so',
      { packet: 512, host: 4096, device: [512], zero: true },
      { answer: 'SHORT', actual: 512, requests: ['ok 512'] },
    ],
    [
      'does not need the zero-length packet after a short one',
      { packet: 512, host: 4096, device: [100, 100], zero: true },
      { answer: 'SHORT', actual: 100, requests: ['ok 100', 'queued 0'] },
    ],
    [
      'keeps the zero-length packet for the next transfer if this one is full',
      { packet: 512, host: 512, device: [512], zero: true },
      { answer: 'ACK', actual: 512, requests: ['queued 512'] },
    ],
    [
      'of a zero-length request',
      { packet: 512, host: 4096, device: [0, 512] },
      { answer: 'SHORT', actual: 0, requests: ['ok 0', 'queued 0'] },
    ],
    [
      'takes whole packets out of a longer request',
      { packet: 512, host: 1024, device: [4096] },
      { answer: 'ACK', actual: 1024, requests: ['queued 1024'] },
    ],
    [
      'babbles when the packet is longer than what was asked for',
      { packet: 512, host: 600, device: [4096] },
      { answer: 'BABBLE', actual: 600, requests: ['ok 600'] },
    ],
    [
      'babbles when nothing was asked for',
      { packet: 512, host: 0, device: [10] },
      { answer: 'BABBLE', actual: 0, requests: ['ok 0'] },
    ],
    [
      'counts in packets of the speed',
      { packet: 1024, host: 4096, device: [512] },
      { answer: 'SHORT', actual: 512, requests: ['ok 512'] },
    ],
    [
      'of full speed',
      { packet: 64, host: 100, device: [64, 64] },
      { answer: 'BABBLE', actual: 100, requests: ['ok 64', 'ok 36'] },
    ],
  ];
  it.each(table)('%s', (_, given, { answer, actual, requests }) => {
    expect(play('in', given)).toMatchObject({ answer, actual, requests });
  });
});

describe('a transfer from the host', () => {
  const table: [string, Case, { answer: string; actual: number; requests: string[] }][] = [
    ['to nobody waits', { packet: 512, host: 512, device: [] }, { answer: 'NAK', actual: 0, requests: [] }],
    [
      'that fits exactly',
      { packet: 512, host: 1024, device: [1024] },
      { answer: 'ACK', actual: 1024, requests: ['ok 1024'] },
    ],
    [
      'ends a longer request with its short packet',
      { packet: 512, host: 100, device: [4096] },
      { answer: 'ACK', actual: 100, requests: ['ok 100'] },
    ],
    [
      'leaves a longer request open after whole packets',
      { packet: 512, host: 1024, device: [4096] },
      { answer: 'ACK', actual: 1024, requests: ['queued 1024'] },
    ],
    [
      'ends a longer request with a zero-length packet if the host sends one',
      { packet: 512, host: 1024, device: [4096], zero: true },
      { answer: 'ACK', actual: 1024, requests: ['ok 1024'] },
    ],
    [
      'gives its zero-length packet to the next request if the first is full',
      { packet: 512, host: 1024, device: [1024, 512], zero: true },
      { answer: 'ACK', actual: 1024, requests: ['ok 1024', 'ok 0'] },
    ],
    [
      'of nothing is a zero-length packet',
      { packet: 512, host: 0, device: [4096] },
      { answer: 'ACK', actual: 0, requests: ['ok 0'] },
    ],
    [
      'fills request after request',
      { packet: 512, host: 2048, device: [1024, 1024] },
      { answer: 'ACK', actual: 2048, requests: ['ok 1024', 'ok 1024'] },
    ],
    [
      'waits for the next request',
      { packet: 512, host: 2048, device: [1024] },
      { answer: 'NAK', actual: 1024, requests: ['ok 1024'] },
    ],
    [
      'overflows a request that is not whole packets long, and the host sees only what fitted',
      { packet: 512, host: 512, device: [100] },
      { answer: 'SHORT', actual: 100, requests: ['EOVERFLOW 100'] },
    ],
    [
      'overflows in the last packet',
      { packet: 512, host: 2048, device: [600, 512] },
      { answer: 'SHORT', actual: 600, requests: ['EOVERFLOW 600', 'queued 0'] },
    ],
    [
      'overflows a request of no length',
      { packet: 512, host: 512, device: [0] },
      { answer: 'SHORT', actual: 0, requests: ['EOVERFLOW 0'] },
    ],
  ];
  it.each(table)('%s', (_, given, { answer, actual, requests }) => {
    expect(play('out', given)).toMatchObject({ answer, actual, requests });
  });
});

describe('every transfer', () => {
  const cases = fc.record({
    packet: fc.constantFrom<(64 | 512 | 1024)[]>(64, 512, 1024),
    host: fc.oneof(
      fc.nat(5000),
      fc.nat(10).map((n) => n * 512),
    ),
    device: fc.array(
      fc.oneof(
        fc.nat(3000),
        fc.nat(5).map((n) => n * 512),
      ),
      { maxLength: 4 },
    ),
    zero: fc.boolean(),
  });

  it('comes out the same whether the bus gives it one turn or many', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<('in' | 'out')[]>('in', 'out'),
        cases,
        fc.array(fc.nat(2000)),
        (way, given, budgets) => {
          const { data, memory, ...outcome } = play(way, given, budgets);
          const { data: wholeData, memory: wholeMemory, ...whole } = play(way, given);
          expect(outcome).toEqual(whole);
          expect(sameBytes(data, wholeData)).toBe(true);
          expect(memory.every((bytes, at) => sameBytes(bytes, wholeMemory[at]!))).toBe(true);
        },
      ),
    );
  });

  it('comes out as packet by packet', () => {
    fc.assert(
      fc.property(fc.constantFrom<('in' | 'out')[]>('in', 'out'), cases, (way, given) => {
        const { answer, actual, requests } = play(way, given);
        expect({ answer, actual, requests }).toEqual(packetByPacket(way, given));
      }),
    );
  });

  it('moves the bytes in order', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const sent = play('in', given);
        const source = Uint8Array.from(given.device.flatMap((length, index) => [...pattern(length, index)]));
        expect(sameBytes(sent.data.subarray(0, sent.actual), source.subarray(0, sent.actual))).toBe(true);
        const received = play('out', given);
        const filled = received.memory.flatMap((memory, index) => [
          ...memory.subarray(0, Number(received.requests[index]!.split(' ')[1])),
        ]);
        expect(sameBytes(Uint8Array.from(filled), pattern(given.host, 99).subarray(0, received.actual))).toBe(true);
      }),
    );
  });
});

/** The same rules seen from the wire: one packet after the other, until a short packet ends the transfer. */
function packetByPacket(way: 'in' | 'out', { packet, host, device, zero = false }: Case) {
  let actual = 0;
  let answer = 'NAK';
  const requests: string[] = [];
  for (const length of device) {
    let moved = 0;
    let outcome = '';
    while (answer === 'NAK' && outcome === '') {
      const offered = Math.min(packet, way === 'in' ? length - moved : host - actual);
      const room = way === 'in' ? host - actual : length - moved;
      const size = Math.min(offered, room);
      actual += size;
      moved += size;
      const senderEnds = offered < packet || offered > room;
      if (offered > room) {
        answer = way === 'in' ? 'BABBLE' : 'SHORT';
        outcome = way === 'in' ? 'ok' : 'EOVERFLOW';
      } else if (senderEnds) {
        outcome = 'ok';
        answer = way === 'out' || actual === host ? 'ACK' : 'SHORT';
      } else {
        const zeroIn = zero && way === 'in';
        const zeroOut = zero && way === 'out';
        if (moved === length && !zeroIn) outcome = 'ok';
        if (actual === host && !zeroOut) answer = 'ACK';
      }
    }
    requests.push(outcome === '' ? `queued ${moved}` : `${outcome} ${moved}`);
  }
  return { answer, actual, requests };
}
