import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { EndpointCommand, FORCE_RM } from '../registers/command.ts';
import { REGISTERS } from '../registers/register-map.ts';
import { TrbCtrl, TrbType } from '../registers/trb.ts';

const { CHN, CSP, IOC, ISP_IMI, LST } = TrbCtrl;
const IN = 3;
const OUT = 2;
const CMDIOC = 1 << 8;

function rig(endpoint: number, maxPacket = 1024): CoreRig {
  const it = new CoreRig();
  it.enable(endpoint, maxPacket);
  return it.connect();
}

describe('an IN endpoint', () => {
  it('sends a chain of TRBs as one run of packets, and interrupts once', () => {
    const core = rig(IN);
    const bytes = pattern(2500);
    const address = core.map(bytes);
    core.trb(0, address, 1000, CHN);
    core.trb(1, address + 1000, 1500, IOC);
    core.start(IN);
    const transfer = hostTransfer(4096);
    expect(core.in(1, transfer)).toBe('SHORT');
    expect(transfer.data.subarray(0, transfer.actual)).toEqual(bytes);
    expect([core.trbState(0), core.trbState(1)]).toEqual(Array(2).fill({ left: 0, status: 0, owned: false }));
    expect(core.takeEvents()).toEqual(['4086']);
  });

  it('ends with a zero-length packet where a TRB of no bytes says so', () => {
    const core = rig(IN);
    core.trb(0, core.map(new Uint8Array(1024)), 1024, CHN);
    core.trb(1, 0, 0, IOC);
    core.start(IN);
    const transfer = hostTransfer(4096);
    expect([core.in(1, transfer), transfer.actual]).toEqual(['SHORT', 1024]);
  });

  it('keeps a packet that the host has no room for, and sends it again', () => {
    const core = rig(IN);
    const bytes = pattern(2048);
    core.trb(0, core.map(bytes), 2048);
    core.start(IN);
    const small = hostTransfer(1500);
    expect([core.in(1, small), small.actual]).toEqual(['BABBLE', 1500]);
    const rest = hostTransfer(1024);
    expect(core.in(1, rest)).toBe('ACK');
    expect(rest.data).toEqual(bytes.subarray(1024));
  });

  it('moves whole packets within the budget of a call', () => {
    const core = rig(IN, 512);
    core.trb(0, core.map(pattern(1536)), 1536);
    core.start(IN);
    const transfer = hostTransfer(1536);
    expect([core.in(1, transfer, 1000), transfer.actual]).toEqual(['MORE', 512]);
    expect([core.in(1, transfer, 100), transfer.actual]).toEqual(['MORE', 512]);
    expect([core.in(1, transfer, 1024), transfer.actual]).toEqual(['ACK', 1536]);
  });

  it('says NAK without TRBs, and wakes the host when there are some', () => {
    const core = rig(IN);
    core.start(IN);
    expect(core.in(1, hostTransfer(512))).toBe('NAK');
    core.trb(0, core.map(pattern(512)), 512);
    core.bus.told.length = 0;
    core.command(IN, EndpointCommand.UPDATE_TRANSFER);
    expect(core.bus.told).toEqual(['ready 81']);
    expect(core.in(1, hostTransfer(512))).toBe('ACK');
  });

  it('follows a link TRB, and leaves it as it is', () => {
    const core = rig(IN);
    core.trb(5, core.ring.dmaAddress, 0, 0, TrbType.LINK);
    core.trb(0, core.map(pattern(512)), 512);
    core.start(IN, 5);
    expect([core.in(1, hostTransfer(512)), core.trbState(5).owned]).toEqual(['ACK', true]);
  });

  it('stops at a ring of links, and reports where', () => {
    const core = rig(IN);
    core.trb(0, core.ring.dmaAddress, 0, 0, TrbType.LINK);
    core.start(IN);
    expect(core.in(1, hostTransfer(512))).toBe('NAK');
    expect(core.core.read(REGISTERS.GSTS.offset) & REGISTERS.GSTS.fields.BUS_ERR_ADDR_VLD.mask).not.toBe(0);
  });

  it('completes the transfer at the last TRB', () => {
    const core = new CoreRig();
    core.enable(IN, 1024, 2, 1 << 8);
    core.connect();
    core.trb(0, core.map(pattern(100)), 100, LST | IOC);
    core.start(IN);
    core.in(1, hostTransfer(512));
    expect(core.takeEvents()).toEqual(['c046']);
    expect((core.start(IN) >>> 12) & 0xf).toBe(0);
  });
});

describe('an OUT endpoint', () => {
  it('passes over the rest of a chain after a short packet, and interrupts for its last TRB', () => {
    const core = rig(OUT);
    const memory = new Uint8Array(4096);
    const address = core.map(memory);
    core.trb(0, address, 1024, CHN | CSP);
    core.trb(1, address + 1024, 1024, CHN | CSP);
    core.trb(2, address + 2048, 2048, IOC | CSP);
    core.start(OUT);
    expect(core.out(1, hostTransfer(pattern(1500)))).toBe('ACK');
    expect(memory.subarray(0, 1500)).toEqual(pattern(1500));
    expect([0, 1, 2].map((index) => core.trbState(index))).toEqual([
      { left: 0, status: 0, owned: false },
      { left: 548, status: 0, owned: false },
      { left: 2048, status: 0, owned: true },
    ]);
    expect(core.takeEvents()).toEqual(['6084']);
  });

  it('goes on passing over TRBs of the same buffer that come later', () => {
    const core = rig(OUT);
    const address = core.map(new Uint8Array(4096));
    core.trb(0, address, 1024, CHN | CSP);
    core.trb(1, address + 1024, 1024, CHN | CSP | IOC);
    core.start(OUT);
    core.out(1, hostTransfer(100));
    expect(core.takeEvents()).toEqual(['6084']);
    core.trb(2, address + 2048, 1024, CSP | IOC);
    core.trb(3, address + 3072, 1024, CSP | IOC);
    core.command(OUT, EndpointCommand.UPDATE_TRANSFER);
    expect(core.out(1, hostTransfer(50))).toBe('ACK');
    expect([core.trbState(2).owned, core.trbState(3).left]).toEqual([true, 974]);
  });

  it('ends the transfer with a short packet if it may not continue', () => {
    const core = new CoreRig();
    core.enable(OUT, 1024, 2, 1 << 8);
    core.connect();
    core.trb(0, core.map(new Uint8Array(2048)), 2048, IOC);
    core.start(OUT);
    core.out(1, hostTransfer(100));
    expect(core.takeEvents()).toEqual(['e044']);
    expect(core.out(1, hostTransfer(100))).toBe('NAK');
  });

  it('takes a zero-length packet as the end of a buffer', () => {
    const core = rig(OUT);
    core.trb(0, core.map(new Uint8Array(4096)), 4096, IOC | CSP | ISP_IMI);
    core.start(OUT);
    expect(core.out(1, hostTransfer(pattern(1024), true))).toBe('ACK');
    expect([core.trbState(0).left, core.takeEvents()]).toEqual([3072, ['6084']]);
  });

  it('does not write beyond a TRB, whatever the host sends', () => {
    const core = rig(OUT);
    const memory = new Uint8Array(200);
    core.trb(0, core.map(memory), 100, IOC | CSP);
    core.start(OUT);
    expect(core.out(1, hostTransfer(new Uint8Array(150).fill(7)))).toBe('ACK');
    expect([memory[99], memory[100]]).toEqual([7, 0]);
  });

  it('gives a buffer up that it may not write to', () => {
    const core = rig(OUT);
    const address = core.memory.mapSingle(new Uint8Array(1024), 0, 1024, 'to-device');
    core.trb(0, address, 1024, IOC | CSP);
    core.start(OUT);
    core.out(1, hostTransfer(1024));
    expect(core.takeEvents()).toEqual(['5084']);
    expect(core.faults).toMatchObject([{ access: 'write', reason: 'direction', address }]);
  });
});

describe('endpoint commands', () => {
  it('have one transfer at a time: a second START_TRANSFER finds no resource', () => {
    const core = rig(IN);
    expect((core.start(IN) >>> 12) & 0xf).toBe(0);
    expect((core.start(IN) >>> 12) & 0xf).toBe(1);
  });

  it('say which resource a transfer uses', () => {
    const core = new CoreRig();
    core.enable(0);
    core.enable(1);
    core.enable(IN);
    core.connect();
    expect(core.start(IN) >>> 16).toBe(2);
  });

  it('END_TRANSFER says how far a TRB got, unless it is told to leave it; and tells when it is done', () => {
    const core = rig(IN);
    core.trb(0, core.map(pattern(4096)), 4096);
    core.start(IN);
    core.in(1, hostTransfer(1024));
    core.command(IN, EndpointCommand.END_TRANSFER | CMDIOC);
    expect(core.trbState(0)).toEqual({ left: 3072, status: 4, owned: false });
    expect(core.takeEvents()).toEqual(['80001c6']);
    core.trb(0, core.map(pattern(4096)), 4096);
    core.start(IN);
    core.in(1, hostTransfer(1024));
    core.command(IN, EndpointCommand.END_TRANSFER | FORCE_RM);
    expect(core.trbState(0)).toEqual({ left: 4096, status: 0, owned: true });
  });

  it('SET_STALL halts until CLEAR_STALL, which starts the sequence anew', () => {
    const core = rig(IN);
    core.trb(0, core.map(pattern(3072)), 3072);
    core.start(IN);
    core.in(1, hostTransfer(2048));
    const state = (): number => {
      core.command(IN, EndpointCommand.GET_STATE);
      return core.core.read(REGISTERS.DEPCMDPAR2.offset + IN * 0x10);
    };
    expect(state()).toBe(2);
    core.command(IN, EndpointCommand.SET_STALL);
    expect([core.in(1, hostTransfer(512)), state()]).toEqual(['STALL', 0x22]);
    core.command(IN, EndpointCommand.CLEAR_STALL);
    expect([state(), core.in(1, hostTransfer(1024))]).toEqual([0, 'ACK']);
  });

  it('an endpoint that is not enabled does not answer', () => {
    const core = rig(IN);
    core.core.write(REGISTERS.DALEPENA.offset, 0);
    expect(core.in(1, hostTransfer(512))).toBe('TIMEOUT');
    expect(core.in(2, hostTransfer(512))).toBe('TIMEOUT');
  });
});
