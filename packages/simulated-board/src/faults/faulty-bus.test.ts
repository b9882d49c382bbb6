import { MICROSECOND, VirtualClock } from '@gadgetloom/core';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import { FaultEngine } from '@gadgetloom/udc/faults';
import { describe, expect, it } from 'vitest';
import { FaultyBus } from './faulty-bus.ts';

const PACKET = 64;

/** A device that takes and gives all that the host asks for, in packets. With `leaves` it disconnects without power. */
function rig({ leaves = false } = {}) {
  const clock = new VirtualClock({ auto: false });
  const board = new FaultEngine({ clock });
  const told: string[] = [];
  const host: UsbBus = {
    maxSpeed: 'high',
    connect: (_, speed) => told.push(`connect ${speed}`),
    disconnect: () => told.push('disconnect'),
    ready: (address) => told.push(`ready ${address.toString(16)}`),
  };
  const cable = new FaultyBus(host, board);
  const move = (transfer: BusTransfer, budget: number): Handshake => {
    const left = transfer.length - transfer.actual;
    transfer.actual += left <= budget ? left : budget - (budget % PACKET);
    return transfer.actual === transfer.length ? Handshake.ACK : Handshake.MORE;
  };
  const device: BusDevice = {
    reset() {},
    suspend() {},
    resume() {},
    vbusChanged(on) {
      told.push(`power ${on ? 'on' : 'off'}`);
      if (!leaves) return;
      if (on) cable.connect(device, 'high');
      else cable.disconnect();
    },
    setup: () => Handshake.ACK,
    in: (_, transfer, budget) => move(transfer, budget),
    out: (_, transfer, budget) => move(transfer, budget),
    packetSize: () => PACKET,
  };
  cable.connect(device, 'high');
  const transfer = (length: number): BusTransfer => ({
    data: new Uint8Array(length),
    length,
    zeroPacket: false,
    actual: 0,
  });
  return { clock, board, cable, told, transfer };
}

const endless = Number.POSITIVE_INFINITY;

describe('a cable with faults', () => {
  it('passes on what it is not asked to spoil, in one piece', () => {
    const { cable, transfer } = rig();
    expect(cable.in(1, transfer(1000), endless)).toBe(Handshake.ACK);
    expect(cable.out(1, transfer(1000), 100)).toBe(Handshake.MORE);
  });

  it('counts bytes in whole packets', () => {
    const { cable, board, transfer } = rig();
    const rule = board.add('nak', { endpoint: 0x81, after: { bytes: 150 } });
    const data = transfer(1000);
    expect(cable.in(1, data, endless)).toBe(Handshake.NAK);
    expect([data.actual, rule.hits]).toEqual([128, 1]);
    expect(cable.in(1, data, endless)).toBe(Handshake.ACK);
  });

  it('makes the host come back after a microframe, and at once when the fault is taken back', async () => {
    const { clock, cable, board, told, transfer } = rig();
    board.add('nak', { endpoint: 0x01 });
    expect(cable.out(1, transfer(10), endless)).toBe(Handshake.NAK);
    told.length = 0;
    await clock.advance(125 * MICROSECOND);
    expect(told).toEqual(['ready 1']);
    const rule = board.add('nak', { endpoint: 0x82, times: endless });
    told.length = 0;
    rule[Symbol.dispose]();
    expect(told).toEqual(['ready 82']);
  });

  it('has the host repeat what is damaged, three times in a row at most', () => {
    const { cable, board, transfer } = rig();
    board.add('crc', { times: 2 });
    expect(cable.in(1, transfer(10), endless)).toBe(Handshake.ACK);
    board.add('crc', { times: 4 });
    expect(cable.in(1, transfer(10), endless)).toBe(Handshake.TIMEOUT);
    expect(cable.in(1, transfer(10), endless)).toBe(Handshake.ACK);
  });

  it.each([false, true])('comes back as it was after it was pulled (device leaves without power: %s)', (leaves) => {
    const { cable, told } = rig({ leaves });
    told.length = 0;
    cable.unplug();
    cable.unplug();
    expect(told).toEqual(['disconnect', 'power off']);
    told.length = 0;
    cable.plug();
    cable.plug();
    expect(told).toEqual(['power on', 'connect high']);
  });

  it('is pulled where it should be, once', async () => {
    const { clock, board, told, cable, transfer } = rig();
    const rule = board.add('disconnect', { endpoint: 'in', after: { packets: 2 } });
    expect(cable.out(1, transfer(1000), endless)).toBe(Handshake.ACK);
    const data = transfer(1000);
    expect(cable.in(1, data, endless)).toBe(Handshake.TIMEOUT);
    await clock.advance(0);
    expect([data.actual, rule.hits, told.filter((what) => what === 'disconnect')]).toEqual([128, 1, ['disconnect']]);
  });
});
