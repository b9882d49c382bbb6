import type { CompanionDescriptor, EndpointDescriptor, UsbSpeed } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { capabilities, stillClock, TinyController, type TinyOptions } from '../../test/tiny-controller.ts';
import { UdcCore } from './udc-core.ts';

const TYPES = { control: 0, isochronous: 1, bulk: 2, interrupt: 3 } as const;

function wanted(type: keyof typeof TYPES, direction: 'in' | 'out', maxPacketSize: number): EndpointDescriptor {
  return { address: direction === 'in' ? 0x80 : 0, attributes: TYPES[type], maxPacketSize, interval: 1 };
}

function rig(options: TinyOptions = {}) {
  const controller = new TinyController(options);
  const core = new UdcCore(controller, stillClock());
  const claim = (descriptor: EndpointDescriptor, companion?: CompanionDescriptor, owner = 'tiny.a') =>
    core.autoconfig.claim(descriptor, companion, owner);
  return { controller, core, claim, autoconfig: core.autoconfig };
}

describe('an endpoint is claimed', () => {
  it('the first that fits, with the number in its name', () => {
    const { claim } = rig();
    const first = claim(wanted('bulk', 'out', 512));
    expect(first).toMatchObject({ address: 0x02, maxPacketSize: 512, endpoint: { name: 'ep2out', address: 0x02 } });
  });

  it('or the next free number of its direction, whatever the descriptor says', () => {
    const endpoints = [
      ['ep-a', capabilities('bulk', 'in')],
      ['ep-b', capabilities('bulk', 'in')],
      ['ep-c', capabilities('bulk', 'out')],
    ] as const;
    const { claim } = rig({ endpoints });
    const at = (address: number) => ({ ...wanted('bulk', 'in', 512), address });
    expect(claim(at(0x85))?.address).toBe(0x81);
    expect(claim(at(0x81))?.address).toBe(0x82);
    expect(claim(at(0x0f))?.address).toBe(0x01);
  });

  it('numbers of two digits count', () => {
    const { claim } = rig({ endpoints: [['ep12in-bulk', capabilities('bulk', 'in')]] });
    expect(claim(wanted('bulk', 'in', 512))?.address).toBe(0x8c);
  });

  it('sixteen of one direction cannot be had', () => {
    const endpoints = Array.from({ length: 16 }, (_, index) => [`ep-${index}`, capabilities('bulk', 'in')] as const);
    const { claim, autoconfig } = rig({ endpoints });
    for (let number = 1; number <= 15; number++) expect(claim(wanted('bulk', 'in', 64))?.address).toBe(0x80 | number);
    expect(claim(wanted('bulk', 'in', 64))).toBeUndefined();
    expect(autoconfig.refusal).toContain('more than 15');
  });

  it('with packet size 0: the largest that it can do', () => {
    const { claim } = rig();
    expect(claim(wanted('bulk', 'in', 0))?.maxPacketSize).toBe(1024);
  });

  it('only once, until it is released or everything is reset', () => {
    const { claim, autoconfig, core } = rig();
    const names = (): (string | undefined)[] => [
      claim(wanted('bulk', 'in', 512))?.endpoint.name,
      claim(wanted('bulk', 'in', 512))?.endpoint.name,
    ];
    expect(names()).toEqual(['ep1in', 'ep-a']);
    expect(names()).toEqual([undefined, undefined]);
    autoconfig.release(core.endpoints[0]!);
    expect(names()).toEqual(['ep1in', undefined]);
    autoconfig.reset();
    expect(names()).toEqual(['ep1in', 'ep-a']);
  });

  it('the controller may choose, and the core takes the first that fits if it does not', () => {
    const { controller, claim } = rig();
    const asked: boolean[] = [];
    Object.assign(controller, {
      matchEndpoint: (_d: unknown, _c: unknown, fits: (endpoint: unknown) => boolean) => {
        asked.push(...controller.endpoints.map(fits));
        const last = controller.endpoint('ep-a');
        return fits(last) ? last : undefined;
      },
    });
    expect(claim(wanted('bulk', 'in', 512))?.endpoint.name).toBe('ep-a');
    expect(asked).toEqual([true, false, true, false]);
    expect(claim(wanted('bulk', 'in', 512))?.endpoint.name).toBe('ep1in');
  });
});

describe('which endpoint fits', () => {
  const all = capabilities('bulk', 'interrupt', 'isochronous', 'in', 'out');
  it.each([
    ['full', 'isochronous', 1023, all, 1024, true],
    ['full', 'isochronous', 1024, all, 1024, false],
    ['high', 'isochronous', 1024, all, 1024, true],
    ['full', 'interrupt', 64, all, 1024, true],
    ['full', 'interrupt', 65, all, 1024, false],
    ['high', 'interrupt', 1024, all, 1024, true],
    ['high', 'interrupt', 64, capabilities('bulk', 'in'), 64, true],
    ['high', 'interrupt', 64, capabilities('isochronous', 'in'), 64, false],
    ['high', 'bulk', 512, capabilities('interrupt', 'in'), 512, false],
    ['high', 'bulk', 512, capabilities('bulk', 'out'), 512, false],
    ['high', 'bulk', 512, capabilities('bulk', 'in'), 511, false],
    ['high', 'isochronous', 0x1400, all, 1024, true],
    ['full', 'isochronous', 0x0900, all, 1024, false],
    ['high', 'control', 64, all, 1024, false],
  ] as const satisfies readonly (readonly [UsbSpeed, ...unknown[]])[])(
    '%s speed, %s of %i bytes on %o up to %i: %s',
    (maxSpeed, type, size, features, limit, fits) => {
      const { claim } = rig({ maxSpeed, endpoints: [['ep1', features, limit]] });
      expect(claim(wanted(type, 'in', size)) !== undefined).toBe(fits);
    },
  );

  it('streams count at SuperSpeed', () => {
    const streams = { maxBurst: 0, attributes: 4, bytesPerInterval: 0 };
    const claimed = (maxSpeed: UsbSpeed, maxStreams?: number): boolean => {
      const controller = new TinyController({ maxSpeed });
      for (const endpoint of controller.endpoints) if (maxStreams !== undefined) endpoint.maxStreams = maxStreams;
      const core = new UdcCore(controller, stillClock());
      return core.autoconfig.claim(wanted('bulk', 'in', 512), streams, 'tiny.a') !== undefined;
    };
    expect(claimed('super')).toBe(false);
    expect(claimed('super', 3)).toBe(false);
    expect(claimed('super', 4)).toBe(true);
    expect(claimed('high')).toBe(true);
  });

  it('if none does, the reason is told for each', () => {
    const { claim, autoconfig } = rig();
    claim(wanted('bulk', 'in', 512), undefined, 'ffs.stream');
    expect(claim(wanted('isochronous', 'in', 192))).toBeUndefined();
    expect(autoconfig.refusal).toBe(
      'tiny_udc.0 has no free isochronous IN endpoint of 192 bytes ' +
        '(ep1in taken by ffs.stream, ep2out OUT only, ep-a not for isochronous, ep-b OUT only)',
    );
  });
});
