import type { UsbSpeed } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { bytesPerInterval, packetSize, parseEndpoint, transactionsPerMicroframe } from './endpoint-descriptor.ts';

function parse(descriptor: Uint8Array, speed: UsbSpeed, extra = new Uint8Array(), alternate = 0) {
  const notices: string[] = [];
  return { endpoint: parseEndpoint(descriptor, extra, speed, alternate, (text) => notices.push(text)), notices };
}

type Kind = Parameters<typeof make.endpoint>[1];

describe('an endpoint descriptor is corrected', () => {
  it.each<[UsbSpeed, Kind, number, number]>([
    ['full', 'bulk', 512, 64],
    ['full', 'interrupt', 65, 64],
    ['full', 'isochronous', 1024, 1023],
    ['high', 'bulk', 1025, 1024],
    ['high', 'interrupt', 0x1000 | 1025, 0x1000 | 1024],
    ['low', 'interrupt', 9, 8],
    ['low', 'isochronous', 8, 0],
    ['super', 'bulk', 2048, 1024],
  ])('at %s speed: %s packets of %i bytes become %i', (speed, type, size, used) => {
    const { endpoint, notices } = parse(make.endpoint(0x81, type, size, 4), speed);
    expect(endpoint.maxPacketSize).toBe(used);
    expect(notices.join('\n')).toContain('invalid wMaxPacketSize');
  });

  it.each<[UsbSpeed, Kind, number, number]>([
    ['full', 'interrupt', 0, 10],
    ['low', 'interrupt', 0, 10],
    ['high', 'interrupt', 0, 7],
    ['high', 'interrupt', 20, 8],
    ['high', 'interrupt', 255, 11],
    ['super', 'interrupt', 17, 8],
    ['full', 'isochronous', 17, 4],
    ['high', 'isochronous', 17, 7],
    ['super', 'isochronous', 0, 4],
  ])('at %s speed: %s with bInterval %i gets %i', (speed, type, interval, used) => {
    const descriptor = make.endpoint(0x81, type, 8);
    descriptor[6] = interval;
    expect(parse(descriptor, speed).endpoint.interval).toBe(used);
  });

  it('which is told, as is what is odd but allowed', () => {
    expect(parse(make.endpoint(0x81, 'bulk', 64), 'high').notices[0]).toContain('bulk at high speed');
    expect(parse(make.endpoint(0x81, 'bulk', 0), 'full').notices[0]).toContain('wMaxPacketSize 0');
    expect(parse(make.endpoint(0x81, 'isochronous', 0, 1), 'high').notices).toEqual([]);
    expect(parse(make.endpoint(0x81, 'isochronous', 0, 1), 'high', undefined, 1).notices).toHaveLength(1);
    const { endpoint, notices } = parse(make.endpoint(0xf1, 'bulk', 512), 'high');
    expect([endpoint.address, notices.length]).toEqual([0x81, 1]);
  });

  it('bulk at low speed becomes interrupt', () => {
    const { endpoint } = parse(make.endpoint(0x81, 'bulk', 64), 'low');
    expect(endpoint).toMatchObject({ type: 'interrupt', attributes: 3, interval: 1, maxPacketSize: 8 });
  });

  it('keeps the two bytes more that audio has', () => {
    const audio = Uint8Array.of(9, 5, 0x01, 1, 100, 0, 4, 3, 0x82);
    expect(parse(audio, 'full').endpoint).toMatchObject({ refresh: 3, synchAddress: 0x82 });
    expect(parse(make.endpoint(1, 'bulk', 64), 'full').endpoint).not.toHaveProperty('refresh');
  });
});

describe('a SuperSpeed companion', () => {
  const withCompanion = (type: Kind, extra: Uint8Array, address = 0x81) =>
    parse(make.endpoint(address, type, 1024, 1), 'super', extra as Uint8Array<ArrayBuffer>);

  it('is not there at other speeds', () => {
    expect(
      parse(make.endpoint(0x81, 'bulk', 512), 'high', make.companion(1) as Uint8Array<ArrayBuffer>).endpoint.companion,
    ).toBeUndefined();
  });

  it.each<[Kind, number, number]>([
    ['bulk', 0, 0],
    ['interrupt', 1024, 1024],
    ['isochronous', 1024, 1024],
  ])('that is missing is minimal: %s', (type, bytes) => {
    const { endpoint, notices } = withCompanion(type, new Uint8Array());
    expect(endpoint.companion).toEqual({ maxBurst: 0, attributes: 0, bytesPerInterval: bytes });
    expect(notices[0]).toContain('no SuperSpeed companion');
  });

  it.each<[string, Kind, Uint8Array, object]>([
    ['burst', 'bulk', make.companion(16), { maxBurst: 15 }],
    ['streams', 'bulk', make.companion(0, 17), { attributes: 16 }],
    ['mult', 'isochronous', make.companion(1, 3, 1024), { attributes: 2 }],
    ['attributes of interrupt', 'interrupt', make.companion(0, 1, 1024), { attributes: 0 }],
    ['more bytes than fit', 'isochronous', make.companion(1, 1, 5000), { bytesPerInterval: 4096 }],
    ['fewer bytes than a packet', 'interrupt', make.companion(0, 0, 8), { bytesPerInterval: 1024 }],
  ])('is corrected: %s', (_, type, extra, expected) => {
    const { endpoint, notices } = withCompanion(type, extra);
    expect(endpoint.companion).toMatchObject(expected);
    expect(notices).toHaveLength(1);
  });

  it('of an interrupt OUT endpoint may have fewer bytes than a packet', () => {
    expect(withCompanion('interrupt', make.companion(0, 0, 8), 0x01).endpoint.companion?.bytesPerInterval).toBe(8);
  });
});

describe('the bytes of an interval', () => {
  it('are those of all packets in it', () => {
    const at = (speed: UsbSpeed, type: Kind, size: number, extra = new Uint8Array()) => {
      const { endpoint } = parse(make.endpoint(0x81, type, size, 1), speed, extra);
      return [packetSize(endpoint), transactionsPerMicroframe(endpoint, speed), bytesPerInterval(endpoint, speed)];
    };
    expect(at('full', 'isochronous', 1023)).toEqual([1023, 1, 1023]);
    expect(at('high', 'isochronous', 0x1400)).toEqual([1024, 3, 3072]);
    expect(at('high', 'interrupt', 0x0840)).toEqual([64, 2, 128]);
    expect(at('super', 'isochronous', 1024, make.companion(15, 2, 49152) as Uint8Array<ArrayBuffer>)).toEqual([
      1024, 1, 49152,
    ]);
  });
});
