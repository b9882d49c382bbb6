import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

describe('a connection', () => {
  it('begins with the pull-up, has its speed from the reset, and its first reset goes unnoticed', async () => {
    const rig = await new ControllerRig().bind();
    expect(rig.bus.told).toEqual(['connect high']);
    expect(rig.controller.speed).toBeUndefined();
    rig.board.hardware.reset();
    await rig.settle();
    expect(rig.controller.speed).toBe('high');
    expect([rig.driver.told, rig.states]).toEqual([[], []]);
    rig.board.hardware.reset();
    await rig.settle();
    expect([rig.driver.told, rig.states]).toEqual([['reset'], ['default']]);
  });

  it.each([
    ['the host', { hostSpeed: 'full' }],
    ['the board', { speed: 'full' }],
  ] as const)('is at full speed if %s can do no more', async (_, options) => {
    const rig = await new ControllerRig(options).connect();
    expect(rig.bus.told).toEqual(['connect full']);
    expect(rig.controller.speed).toBe('full');
    expect(rig.controller.maxSpeed).toBe('high');
  });

  it('ends when the cable is pulled, and begins again when it is back', async () => {
    const rig = await new ControllerRig().connect();
    rig.board.hardware.vbusChanged(false);
    expect(rig.bus.told.at(-1)).toBe('disconnect');
    await rig.settle();
    expect([rig.driver.told, rig.states]).toEqual([['disconnect'], ['not attached']]);
    expect(rig.controller.speed).toBeUndefined();
    rig.board.hardware.vbusChanged(true);
    expect(rig.bus.told.at(-1)).toBe('connect high');
  });

  it('ends without a word when the pull-up goes off; the speed stays', async () => {
    const rig = await new ControllerRig().connect();
    rig.controller.pullup(false);
    expect(rig.bus.told).toEqual(['connect high']);
    await rig.settle();
    expect(rig.bus.told.at(-1)).toBe('disconnect');
    expect([rig.driver.told, rig.states]).toEqual([[], []]);
    expect(rig.controller.speed).toBe('high');
  });

  it('is over after stop, and nobody is told anything more', async () => {
    const rig = await new ControllerRig().connect();
    rig.controller.stop();
    expect(rig.states).toEqual(['not attached']);
    rig.board.hardware.reset();
    rig.board.hardware.suspend();
    await rig.settle();
    expect(rig.driver.told).toEqual([]);
  });

  it('is refused to a gadget for full speed only', () => {
    const rig = new ControllerRig();
    rig.driver.maxSpeed = 'full';
    expect(() => rig.controller.start(rig.driver, { stateChanged() {}, reset() {}, vbusChanged() {} })).toThrow(
      'EINVAL',
    );
  });
});

describe('a bus that sleeps', () => {
  it('is told, and can be woken if the host allows it', async () => {
    const rig = await new ControllerRig().connect();
    expect(() => rig.controller.wakeup()).toThrow('EINVAL');
    rig.board.hardware.setup({ requestType: 0, request: 3, value: 1, index: 0, length: 0 });
    await rig.settle();
    expect(() => rig.controller.wakeup()).toThrow('EINVAL');
    rig.board.hardware.suspend();
    await rig.settle();
    expect(rig.driver.told).toEqual(['suspend']);
    rig.controller.wakeup();
    expect(rig.bus.told.at(-1)).toBe('wakeup');
    expect(rig.board.hardware.registers.read8(1) & 4).toBe(4);
    await rig.clock.advance(2_000_000);
    expect(rig.board.hardware.registers.read8(1) & 4).toBe(0);
    rig.board.hardware.resume();
    await rig.settle();
    expect(rig.driver.told).toEqual(['suspend', 'resume']);
  });

  it('counts frames, not microframes', async () => {
    const rig = await new ControllerRig().connect();
    await rig.clock.advance(5_900_000);
    expect(rig.controller.frameNumber()).toBe(5);
  });
});
