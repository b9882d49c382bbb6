import { describe, expect, it } from 'vitest';
import type { EndpointDefinition } from '../definition/definition.ts';
import { bulk, interrupt, isochronous } from '../definition/endpoints.ts';
import { endpointDescriptors } from './endpoint-descriptors.ts';

/** The descriptors at full, high and super speed. */
function allSpeeds(definition: EndpointDefinition) {
  const [full, high, fast] = (['full', 'high', 'super'] as const).map((speed) =>
    endpointDescriptors(definition, speed, 1),
  );
  return { full: full?.endpoint, high: high?.endpoint, super: fast?.endpoint, companion: fast?.companion };
}

const at = (attributes: number, maxPacketSize: number, interval: number, address = 0x81) => ({
  address,
  attributes,
  maxPacketSize,
  interval,
});

describe('one bulk endpoint', () => {
  it('has packets of 64, 512 and 1024 bytes', () => {
    expect(allSpeeds(bulk.in())).toEqual({
      full: at(2, 64, 0),
      high: at(2, 512, 0),
      super: at(2, 1024, 0),
      companion: { maxBurst: 0, attributes: 0, bytesPerInterval: 0 },
    });
  });

  it('is OUT without the direction bit', () => {
    expect(allSpeeds(bulk.out()).high).toEqual(at(2, 512, 0, 0x01));
  });

  it('can have bursts at super speed, and smaller packets at full speed', () => {
    const { full, high, companion } = allSpeeds(bulk.in({ burst: 16, full: { packetSize: 8 } }));
    expect(companion?.maxBurst).toBe(15);
    expect([full?.maxPacketSize, high?.maxPacketSize]).toEqual([8, 512]);
  });
});

describe('one interrupt endpoint', () => {
  it('has its packet size at every speed that can do it, and its interval in the units of each', () => {
    expect(allSpeeds(interrupt.in({ packetSize: 256, interval: 4 }))).toEqual({
      full: at(3, 64, 4),
      high: at(3, 256, 6),
      super: at(3, 256, 6),
      companion: { maxBurst: 0, attributes: 0, bytesPerInterval: 256 },
    });
  });

  it('is 64 bytes every 8 ms unless it says otherwise', () => {
    const { full, high } = allSpeeds(interrupt.in());
    expect([full, high]).toEqual([at(3, 64, 8), at(3, 64, 7)]);
  });

  it('can differ from speed to speed', () => {
    const definition = interrupt.out({
      packetSize: 16,
      full: { packetSize: 8, interval: 10 },
      high: { interval: 0.125 },
      super: { packetSize: 1024, burst: 3 },
    });
    expect(allSpeeds(definition)).toEqual({
      full: at(3, 8, 10, 1),
      high: at(3, 16, 1, 1),
      super: at(3, 1024, 7, 1),
      companion: { maxBurst: 2, attributes: 0, bytesPerInterval: 3072 },
    });
  });
});

describe('one isochronous endpoint', () => {
  it('keeps to the limits of each speed', () => {
    expect(allSpeeds(isochronous.in({ packetSize: 1024 }))).toEqual({
      full: at(1, 1023, 1),
      high: at(1, 1024, 4),
      super: at(1, 1024, 4),
      companion: { maxBurst: 0, attributes: 0, bytesPerInterval: 1024 },
    });
  });

  it('of several transactions has high-bandwidth bits, and a burst of the same bytes at super speed', () => {
    expect(allSpeeds(isochronous.in({ packetSize: 800, transactions: 3, interval: 0.125 }))).toEqual({
      full: at(1, 800, 1),
      high: at(1, 800 | (2 << 11), 1),
      super: at(1, 1024, 1),
      companion: { maxBurst: 2, attributes: 0, bytesPerInterval: 2400 },
    });
  });

  it('can have 3 bursts of 16 packets at super speed', () => {
    const { companion } = allSpeeds(isochronous.in({ packetSize: 1024, burst: 16, mult: 3 }));
    expect(companion).toEqual({ maxBurst: 15, attributes: 2, bytesPerInterval: 49_152 });
  });

  it('says how it is synchronised, and what it is used for', () => {
    const { high } = allSpeeds(
      isochronous.in({ packetSize: 4, synchronization: 'adaptive', usage: 'implicit-feedback' }),
    );
    expect(high?.attributes).toBe(0b10_10_01);
  });
});
