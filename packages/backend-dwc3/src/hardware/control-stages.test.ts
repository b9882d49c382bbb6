import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { EndpointCommand } from '../registers/command.ts';
import { CONFIG1 } from '../registers/endpoint-configuration.ts';
import { TrbCtrl, TrbType } from '../registers/trb.ts';

const LAST = TrbCtrl.IOC | TrbCtrl.LST | TrbCtrl.ISP_IMI;
const read = (length: number) => ({ requestType: 0x80, request: 6, value: 0x100, index: 0, length });
const noData = { requestType: 0, request: 9, value: 1, index: 0, length: 0 };

/** A core whose endpoint 0 waits for a SETUP packet. */
function rig() {
  const core = new CoreRig();
  for (const endpoint of [0, 1]) core.enable(endpoint, 512, 0, CONFIG1.XFER_NOT_READY_EN.mask);
  core.connect();
  const setup = new Uint8Array(8);
  const address = core.map(setup);
  const arm = (): void => {
    core.trb(0, address, 8, LAST, TrbType.CONTROL_SETUP);
    core.start(0);
  };
  arm();
  return { core, setup, arm };
}

describe('control transfers in the core', () => {
  it('write the SETUP packet to memory, and tell of it', () => {
    const { core, setup } = rig();
    expect(core.setup(read(18))).toBe('ACK');
    expect([...setup]).toEqual([0x80, 6, 0, 1, 0, 0, 18, 0]);
    expect(core.takeEvents()).toEqual(['c040']);
  });

  it('say once which stage the host waits for', () => {
    const { core } = rig();
    core.setup(read(18));
    core.takeEvents();
    expect([core.in(0, hostTransfer(18)), core.in(0, hostTransfer(18))]).toEqual(['NAK', 'NAK']);
    expect(core.takeEvents()).toEqual(['10c2']);
    core.trb(0, core.map(pattern(18)), 18, LAST, TrbType.CONTROL_DATA);
    core.bus.told.length = 0;
    core.start(1);
    expect(core.bus.told).toEqual(['ready 80']);
    const transfer = hostTransfer(18);
    expect([core.in(0, transfer), transfer.data]).toEqual(['ACK', pattern(18)]);
    expect([core.takeEvents(), core.out(0, hostTransfer(0)), core.takeEvents()]).toEqual([['c042'], 'NAK', ['20c0']]);
    core.trb(0, 0, 0, LAST, TrbType.CONTROL_STATUS3);
    core.start(0);
    expect([core.out(0, hostTransfer(0)), core.takeEvents()]).toEqual(['ACK', ['c040']]);
  });

  it('have a status stage only where there are no data', () => {
    const { core } = rig();
    core.setup(noData);
    core.takeEvents();
    expect([core.in(0, hostTransfer(0)), core.takeEvents()]).toEqual(['NAK', ['20c2']]);
    core.trb(0, 0, 0, LAST, TrbType.CONTROL_STATUS2);
    core.start(1);
    expect(core.in(0, hostTransfer(0))).toBe('ACK');
  });

  it('end the data stage as short if the host goes on to the status stage', () => {
    const { core } = rig();
    core.setup(read(4096));
    core.trb(0, core.map(pattern(2048)), 2048, LAST, TrbType.CONTROL_DATA);
    core.start(1);
    core.in(0, hostTransfer(512));
    core.takeEvents();
    expect(core.out(0, hostTransfer(0))).toBe('NAK');
    expect([core.trbState(0).left, core.takeEvents()]).toEqual([1536, ['c042', '20c0']]);
  });

  it('stall until the next SETUP packet', () => {
    const { core, arm } = rig();
    core.setup(noData);
    core.command(0, EndpointCommand.SET_STALL);
    arm();
    expect([core.in(0, hostTransfer(0)), core.out(0, hostTransfer(0))]).toEqual(['STALL', 'STALL']);
    core.setup(noData);
    expect(core.in(0, hostTransfer(0))).toBe('NAK');
  });

  it('a SETUP packet in the middle ends the data stage; a stall of the old transfer does not touch the new one', () => {
    const { core, setup, arm } = rig();
    core.setup(read(64));
    core.trb(0, core.map(pattern(64)), 64, LAST, TrbType.CONTROL_DATA);
    core.start(1);
    core.takeEvents();
    expect(core.setup(noData)).toBe('ACK');
    expect([core.trbState(0).status, core.takeEvents()]).toEqual([2, ['c042', '20c0']]);
    core.command(0, EndpointCommand.SET_STALL);
    arm();
    expect([setup[1], core.in(0, hostTransfer(0))]).toEqual([9, 'NAK']);
  });

  it('hold the end of other transfers back while a SETUP packet waits for its TRB', () => {
    const { core, arm } = rig();
    core.enable(3);
    core.start(3);
    core.setup(noData);
    core.setup(noData);
    const act = 1 << 10;
    expect(core.command(3, EndpointCommand.END_TRANSFER) & act).toBe(act);
    arm();
    expect(core.core.read(0xc80c + 3 * 0x10) & act).toBe(0);
  });
});
