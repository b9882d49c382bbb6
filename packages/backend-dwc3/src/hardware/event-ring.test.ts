import { hostTransfer } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { REGISTERS } from '../registers/register-map.ts';
import { TrbCtrl } from '../registers/trb.ts';
import { CoreRevision } from './core-parameters.ts';

const { GEVNTSIZ, GEVNTCOUNT, DEV_IMOD } = REGISTERS;
const EHB = 0x8000_0000;
const MASKED = 0x8000_0000;
const IN = 3;

/** A core that has an event waiting after each call of `act`. */
function rig(options: ConstructorParameters<typeof CoreRig>[0] = {}, size = 4096) {
  const core = new CoreRig(options);
  core.core.write(GEVNTSIZ.offset, size);
  core.enable(IN);
  core.connect();
  const bytes = core.map(new Uint8Array(1024));
  let index = 0;
  core.start(IN);
  const act = (): string => {
    core.trb(index++, bytes, 1024, TrbCtrl.IOC);
    return core.in(1, hostTransfer(1024));
  };
  return { core, act };
}

describe('the event ring', () => {
  it('asserts the interrupt while events wait, unless it is masked', () => {
    const { core, act } = rig();
    expect(core.line).toBe(false);
    act();
    expect([core.line, core.core.read(GEVNTCOUNT.offset)]).toEqual([true, 4]);
    core.core.write(GEVNTSIZ.offset, MASKED | 4096);
    expect(core.line).toBe(false);
    core.core.write(GEVNTSIZ.offset, 4096);
    expect(core.line).toBe(true);
    core.core.write(GEVNTCOUNT.offset, 4);
    expect([core.line, core.core.read(GEVNTCOUNT.offset)]).toEqual([false, 0]);
  });

  it('wraps', () => {
    const { core, act } = rig({}, 64);
    for (let event = 0; event < 40; event++) {
      expect(act()).toBe('ACK');
      expect(core.core.read(GEVNTCOUNT.offset)).toBe(4);
      core.core.write(GEVNTCOUNT.offset, 4);
    }
  });

  it('keeps the host waiting while there is no room for the events of transfers, and wakes it then', () => {
    const { core, act } = rig({}, 64);
    const answers = Array.from({ length: 12 }, act);
    expect(answers).toEqual([...Array<string>(9).fill('ACK'), ...Array<string>(3).fill('NAK')]);
    core.bus.told.length = 0;
    core.core.write(GEVNTCOUNT.offset, 36);
    expect(core.bus.told).toEqual(['ready 81']);
    expect(core.in(1, hostTransfer(1024))).toBe('ACK');
  });

  it('says in its last place that events were lost', () => {
    const { core } = rig({}, 16);
    for (let times = 0; times < 3; times++) {
      core.core.suspend();
      core.core.resume();
    }
    const view = new DataView(core.events.memory.buffer, core.events.memory.byteOffset, 16);
    expect(core.core.read(GEVNTCOUNT.offset)).toBe(16);
    expect(Array.from({ length: 4 }, (_, at) => (view.getUint32(at * 4, true) >>> 8) & 0xf)).toContain(11);
    expect(core.core.events.lost).toBeGreaterThan(0);
  });

  it('moderates interrupts: a pause after each handler, in units of 250 ns', async () => {
    const { core, act } = rig({ core: { revision: CoreRevision.DWC3_330A } });
    core.core.write(DEV_IMOD.offset, 4);
    act();
    expect([core.line, core.core.read(GEVNTCOUNT.offset)]).toEqual([true, (EHB | 4) >>> 0]);
    core.core.write(GEVNTCOUNT.offset, 4);
    act();
    expect(core.line).toBe(false);
    core.core.write(GEVNTCOUNT.offset, EHB);
    expect(core.line).toBe(false);
    await core.clock.advance(999);
    expect(core.line).toBe(false);
    await core.clock.advance(1);
    expect(core.line).toBe(true);
  });
});
