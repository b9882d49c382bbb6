import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { HardwareRig } from '../../test/hardware-rig.ts';
import { Rxcsr, Txcsr } from '../registers/endpoint-registers.ts';

const TXMAXP = 0x110;
const TXCSR = 0x112;
const RXMAXP = 0x114;
const RXCSR = 0x116;
const RXCOUNT = 0x118;
const FIFO = 0x24;
const INTRTX = 0x02;
const INTRRX = 0x04;

/** Endpoint 1, with packets of 64 bytes both ways. */
function rig({ double = false, packet = 64 } = {}) {
  const made = new HardwareRig().connect().fifos(1, { double });
  made.registers.write16(TXMAXP, packet);
  made.registers.write16(RXMAXP, packet);
  return made;
}

function load({ registers }: HardwareRig, bytes: Uint8Array): void {
  registers.writeRepeatedly(FIFO, bytes, 0, bytes.length);
  registers.write16(TXCSR, Txcsr.MODE | Txcsr.TXPKTRDY);
}

function unload({ registers }: HardwareRig): Uint8Array {
  const bytes = new Uint8Array(registers.read16(RXCOUNT));
  registers.readRepeatedly(FIFO, bytes, 0, bytes.length);
  return bytes;
}

describe('an endpoint that transmits', () => {
  it('answers NAK, and notes the underrun, until a packet is ready; then the host is told to look again', () => {
    const it = rig();
    const transfer = hostTransfer(100);
    expect(it.in(1, transfer)).toBe('NAK');
    expect(it.registers.read16(TXCSR) & Txcsr.UNDERRUN).not.toBe(0);
    it.bus.told.length = 0;
    load(it, pattern(64));
    expect(it.bus.told).toEqual(['ready 81']);
    expect(it.in(1, transfer)).toBe('NAK');
    expect(transfer.actual).toBe(64);
  });

  it('clears TXPKTRDY and interrupts when the packet is with the host', () => {
    const it = rig();
    load(it, pattern(64));
    expect(it.registers.read16(TXCSR) & (Txcsr.TXPKTRDY | Txcsr.FIFONOTEMPTY)).toBe(
      Txcsr.TXPKTRDY | Txcsr.FIFONOTEMPTY,
    );
    expect(it.registers.read16(INTRTX)).toBe(0);
    const transfer = hostTransfer(64);
    expect(it.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(64));
    expect(it.registers.read16(TXCSR) & (Txcsr.TXPKTRDY | Txcsr.FIFONOTEMPTY)).toBe(0);
    expect(it.raised).toEqual(['core']);
    expect([it.registers.read16(INTRTX), it.registers.read16(INTRTX)]).toEqual([2, 0]);
  });

  it('ends the transfer of the host with a short packet, also an empty one', () => {
    const it = rig();
    load(it, pattern(10));
    expect(it.in(1, hostTransfer(64))).toBe('SHORT');
    load(it, pattern(0));
    expect(it.in(1, hostTransfer(64))).toBe('SHORT');
    load(it, pattern(0));
    expect(it.in(1, hostTransfer(0))).toBe('ACK');
  });

  it('keeps a packet that is too long for the host: babble is not acknowledged', () => {
    const it = rig();
    load(it, pattern(64));
    const short = hostTransfer(10);
    expect(it.in(1, short)).toBe('BABBLE');
    expect(short.data).toEqual(pattern(64).subarray(0, 10));
    const transfer = hostTransfer(64);
    expect(it.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(64));
  });

  it('with room for two takes the second at once', () => {
    const it = rig({ double: true });
    load(it, pattern(64, 1));
    expect(it.registers.read16(TXCSR) & (Txcsr.TXPKTRDY | Txcsr.FIFONOTEMPTY)).toBe(Txcsr.FIFONOTEMPTY);
    expect(it.registers.read16(INTRTX)).toBe(2);
    load(it, pattern(64, 2));
    expect(it.registers.read16(TXCSR) & Txcsr.TXPKTRDY).toBe(Txcsr.TXPKTRDY);
    expect(it.registers.read16(INTRTX)).toBe(0);
    const transfer = hostTransfer(128);
    expect(it.in(1, transfer)).toBe('ACK');
    expect(transfer.data.subarray(0, 64)).toEqual(pattern(64, 1));
    expect(transfer.data.subarray(64)).toEqual(pattern(64, 2));
    expect(it.registers.read16(INTRTX)).toBe(2);
  });

  it('splits one load into packets (bulk splitting)', () => {
    const it = rig({ packet: 64 | (7 << 11) });
    load(it, pattern(512));
    const transfer = hostTransfer(512);
    expect(it.in(1, transfer, 100)).toBe('MORE');
    expect(transfer.actual).toBe(64);
    expect(it.registers.read16(TXCSR) & Txcsr.TXPKTRDY).toBe(Txcsr.TXPKTRDY);
    expect(it.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(512));
    expect(it.registers.read16(INTRTX)).toBe(2);
  });

  it('stalls while SENDSTALL is set, and drops what it had', () => {
    const it = rig();
    load(it, pattern(64));
    it.registers.write16(TXCSR, Txcsr.MODE | Txcsr.SENDSTALL);
    expect(it.in(1, hostTransfer(64))).toBe('STALL');
    expect(it.registers.read16(TXCSR)).toBe(Txcsr.MODE | Txcsr.SENDSTALL | Txcsr.SENTSTALL);
    it.registers.write16(TXCSR, Txcsr.MODE);
    expect(it.in(1, hostTransfer(64))).toBe('NAK');
  });

  it('flushes the packet that came last, and interrupts', () => {
    const it = rig({ double: true });
    load(it, pattern(64, 1));
    load(it, pattern(64, 2));
    it.registers.read16(INTRTX);
    it.registers.write16(TXCSR, Txcsr.MODE | Txcsr.FLUSHFIFO);
    expect(it.registers.read16(INTRTX)).toBe(2);
    const transfer = hostTransfer(128);
    expect(it.in(1, transfer)).toBe('NAK');
    expect(transfer.data.subarray(0, 64)).toEqual(pattern(64, 1));
  });

  it('of which nobody has said the packet size is not there', () => {
    expect(new HardwareRig().connect().in(1, hostTransfer(64))).toBe('TIMEOUT');
  });
});

describe('an endpoint that receives', () => {
  it('takes a packet, interrupts, and answers NAK until it is unloaded', () => {
    const it = rig();
    const transfer = hostTransfer(pattern(100));
    expect(it.out(1, transfer)).toBe('NAK');
    expect(transfer.actual).toBe(64);
    expect(it.registers.read16(INTRRX)).toBe(2);
    expect(it.registers.read16(RXCSR)).toBe(Rxcsr.RXPKTRDY | Rxcsr.FIFOFULL);
    expect(unload(it)).toEqual(pattern(100).subarray(0, 64));
    expect(it.registers.read16(RXCOUNT)).toBe(0);
    it.bus.told.length = 0;
    it.registers.write16(RXCSR, 0);
    expect(it.bus.told).toEqual(['ready 1']);
    expect(it.out(1, transfer)).toBe('ACK');
    expect(unload(it)).toEqual(pattern(100).subarray(64));
  });

  it('takes the empty packet that ends a transfer of whole packets, if the host sends one', () => {
    const it = rig({ double: true });
    expect(it.out(1, hostTransfer(pattern(64), true))).toBe('ACK');
    it.registers.write16(RXCSR, 0);
    expect(it.registers.read16(RXCSR) & Rxcsr.RXPKTRDY).toBe(Rxcsr.RXPKTRDY);
    expect(it.registers.read16(RXCOUNT)).toBe(0);
  });

  it('with room for two interrupts again for the second', () => {
    const it = rig({ double: true });
    const transfer = hostTransfer(pattern(192));
    expect(it.out(1, transfer)).toBe('NAK');
    expect(transfer.actual).toBe(128);
    expect(it.registers.read16(INTRRX)).toBe(2);
    it.registers.write16(RXCSR, 0);
    expect(it.registers.read16(INTRRX)).toBe(2);
    expect(unload(it)).toEqual(pattern(192).subarray(64, 128));
  });

  it('flushes the packet that is next to be read', () => {
    const it = rig();
    it.out(1, hostTransfer(pattern(64)));
    it.registers.write16(RXCSR, Rxcsr.FLUSHFIFO | Rxcsr.RXPKTRDY);
    expect(it.registers.read16(RXCSR)).toBe(0);
  });

  it('stalls while SENDSTALL is set', () => {
    const it = rig();
    it.registers.write16(RXCSR, Rxcsr.SENDSTALL);
    expect(it.out(1, hostTransfer(pattern(64)))).toBe('STALL');
    expect(it.registers.read16(RXCSR)).toBe(Rxcsr.SENDSTALL | Rxcsr.SENTSTALL);
    expect(it.registers.read16(INTRRX)).toBe(2);
  });

  it('moves whole packets only, whatever the budget', () => {
    const it = rig({ double: true });
    const transfer = hostTransfer(pattern(128));
    expect(it.out(1, transfer, 100)).toBe('MORE');
    expect(transfer.actual).toBe(64);
    expect(it.out(1, transfer, 63)).toBe('MORE');
    expect(it.out(1, transfer, 64)).toBe('ACK');
  });
});
