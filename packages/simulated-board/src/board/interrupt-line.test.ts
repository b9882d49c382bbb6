import { VirtualClock } from '@gadgetloom/core';
import { FaultEngine } from '@gadgetloom/udc/faults';
import { describe, expect, it } from 'vitest';
import { FaultyLine } from '../faults/faulty-line.ts';
import { DriverInterrupt } from './interrupt-line.ts';

/** A line whose handler takes one of `causes` at a time, and releases the line when there are none left. */
function rig({ latency = 0, loses = true } = {}) {
  const clock = new VirtualClock({ auto: false });
  const engine = new FaultEngine({ clock });
  const state = { causes: 1, calls: 0 };
  const driver = new DriverInterrupt({
    ...{ clock, latency },
    handler: () => {
      state.calls++;
      if (--state.causes <= 0) line.lower();
    },
  });
  const line = new FaultyLine(driver, engine, { loses });
  return { clock, engine, state, line };
}

describe('an interrupt line', () => {
  it('calls the handler later, and again while it is asserted', async () => {
    const { clock, state, line } = rig();
    state.causes = 3;
    line.raise();
    line.raise();
    expect(state.calls).toBe(0);
    await clock.advance(0);
    expect(state.calls).toBe(3);
  });

  it('calls nobody if it is released before the latency has passed', async () => {
    const { clock, state, line } = rig({ latency: 100 });
    line.raise();
    await clock.advance(99);
    line.lower();
    await clock.advance(1);
    expect(state.calls).toBe(0);
    line.raise();
    await clock.advance(100);
    expect(state.calls).toBe(1);
  });

  it('asks the hardware whether it is asserted, where the hardware knows', async () => {
    const clock = new VirtualClock({ auto: false });
    let causes = 2;
    const line = new DriverInterrupt({
      ...{ clock, latency: 0 },
      handler: () => {
        causes--;
      },
      asserted: () => causes > 0,
    });
    line.raise();
    await clock.advance(0);
    expect(causes).toBe(0);
  });

  it('can be late once; what comes meanwhile is late with it', async () => {
    const { clock, engine, state, line } = rig();
    const fault = engine.add('late interrupt', {}, 1000);
    line.raise();
    line.raise();
    await clock.advance(999);
    expect([state.calls, fault.hits]).toEqual([0, 1]);
    await clock.advance(1);
    expect(state.calls).toBe(1);
    line.raise();
    await clock.advance(0);
    expect(state.calls).toBe(2);
  });

  it('is not late while the handler is on its way', async () => {
    const { clock, engine, state, line } = rig();
    line.raise();
    const fault = engine.add('late interrupt', {}, 1000);
    line.raise();
    await clock.advance(0);
    expect([state.calls, fault.hits]).toEqual([1, 0]);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('loses an interrupt if it can (%s)', async (loses, calls) => {
    const { clock, engine, state, line } = rig({ loses });
    engine.add('lost event', {});
    line.raise();
    await clock.advance(0);
    expect(state.calls).toBe(calls);
  });
});
