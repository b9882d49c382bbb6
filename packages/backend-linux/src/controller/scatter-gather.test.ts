import { describe, expect, it } from 'vitest';
import { SCATTER_GATHER, takesScatterGather } from './scatter-gather.ts';

describe('scatter-gather of controllers', () => {
  it.each<[string, boolean | undefined]>([
    ['dwc3-gadget', true],
    ['cdnsp-gadget', true],
    ['usbhs-gadget', true],
    ['ci_hdrc', true],
    ['usb-ss-gadget', undefined],
    ['dwc2', undefined],
    ['musb-hdrc', false],
    ['mtu3', false],
    ['bdc', false],
    ['renesas_usbhs_udc', false],
    ['net2280', false],
    ['tegra-xudc', false],
    ['usbip-vudc', false],
    ['dummy_udc', undefined],
    ['a driver of tomorrow', undefined],
  ])('%s: %s', (driver, able) => {
    expect(takesScatterGather(driver)).toBe(able);
  });

  it('names the condition where the hardware decides', () => {
    const conditions = Object.entries(SCATTER_GATHER).filter(([, able]) => typeof able === 'string');
    expect(conditions.map(([driver]) => driver).sort()).toEqual(['dwc2', 'usb-ss-gadget']);
    expect(SCATTER_GATHER.dwc2).toMatch(/Raspberry Pi/);
  });
});
