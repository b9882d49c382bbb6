import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { LinkState } from '../registers/event.ts';
import { get } from '../registers/field.ts';
import { REGISTERS } from '../registers/register-map.ts';

const { DCTL, DCFG, DSTS } = REGISTERS;
const status = (core: CoreRig) => {
  const word = core.core.read(DSTS.offset);
  return {
    speed: get(DSTS.fields.CONNECTSPD, word),
    link: get(DSTS.fields.USBLNKST, word),
    halted: get(DSTS.fields.DEVCTRLHLT, word) === 1,
  };
};

describe('the link', () => {
  it('shows the device once RUN_STOP is set, at the speed that DCFG allows', () => {
    const core = new CoreRig();
    expect(status(core)).toMatchObject({ halted: true });
    core.core.write(DCFG.offset, 0);
    core.run();
    expect([core.bus.told, status(core).halted]).toEqual([['connect high'], false]);
    core.core.reset();
    expect(status(core)).toMatchObject({ speed: 0, link: LinkState.U0 });
    // The link looks for a host; reset, connect done, link in U0.
    expect(core.takeEvents()).toEqual(['50301', '101', '201', '301']);
  });

  it('at SuperSpeed, a reset of a link that is up does not train it again', () => {
    const core = new CoreRig().connect();
    core.core.reset();
    expect([core.takeEvents(), status(core).speed]).toEqual([['101'], 4]);
  });

  it('halts once its events were taken', () => {
    const core = new CoreRig().connect();
    core.core.reset();
    core.core.write(DCTL.offset, 0);
    expect([status(core).halted, core.bus.told.at(-1)]).toEqual([false, 'disconnect']);
    core.takeEvents();
    expect(status(core).halted).toBe(true);
  });

  it('suspends, and wakes the host when the driver asks for recovery', () => {
    const core = new CoreRig().connect();
    core.core.suspend();
    expect([status(core).link, core.takeEvents()]).toEqual([LinkState.U3, ['30301', '30601']]);
    core.core.write(DCTL.offset, core.core.read(DCTL.offset) | (LinkState.RECOV << 5));
    expect(core.bus.told.at(-1)).toBe('wakeup');
    core.core.resume();
    expect(core.takeEvents()).toEqual(['301']);
    core.core.suspend();
    core.takeEvents();
    core.core.resume();
    expect(core.takeEvents()).toEqual(['401', '301']);
  });

  it('goes to U1 and U2 where that was accepted', () => {
    const core = new CoreRig().connect();
    expect(core.core.link.lowPower('U1', false)).toBe(false);
    expect(core.core.link.lowPower('U2', true)).toBe(true);
    expect([status(core).link, core.takeEvents()]).toEqual([LinkState.U2, ['20301', '20601']]);
    core.core.link.lowPower('U0', true);
    expect(status(core).link).toBe(LinkState.U0);
  });

  it('loses the host with VBUS', () => {
    const core = new CoreRig().connect();
    core.core.vbusChanged(false);
    expect(core.takeEvents()).toEqual(['40301', '1']);
  });

  it('a soft reset brings the registers of events and endpoints back, and keeps those of the PHYs', () => {
    const core = new CoreRig().connect();
    core.enable(3);
    core.core.write(REGISTERS.GUSB2PHYCFG.offset, 0x1234_0000);
    const phy = core.core.read(REGISTERS.GUSB2PHYCFG.offset);
    core.core.write(DCTL.offset, DCTL.fields.CSFTRST.mask);
    expect(core.core.read(DCTL.offset) & DCTL.fields.CSFTRST.mask).toBe(0);
    expect([REGISTERS.DALEPENA, REGISTERS.GEVNTSIZ].map(({ offset }) => core.core.read(offset))).toEqual([0, 0]);
    expect(core.core.read(REGISTERS.GUSB2PHYCFG.offset)).toBe(phy);
  });
});
