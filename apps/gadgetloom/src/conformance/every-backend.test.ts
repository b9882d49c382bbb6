import { conformanceSuite, type Feature } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import { knownBackends } from '../backends.ts';

/** Features of the simulated backends at high speed, the speed of the requirements. */
const FEATURES: Readonly<Record<string, readonly Feature[]>> = {
  dwc3: ['scatter-gather', 'udmabuf', 'host-end', 'isochronous', 'suspend'],
  musb: ['no-scatter-gather', 'udmabuf', 'host-end', 'isochronous', 'suspend'],
};
/** Backends that the tests of the suite itself and the kernel lab check. */
const ELSEWHERE = ['mock', 'linux'];

const here = knownBackends({ speed: 'high' }).filter(({ name }) => !ELSEWHERE.includes(name));

describe('the conformance suite', () => {
  it('knows what every simulated backend has', () => {
    expect(here.map(({ name }) => name).sort()).toEqual(Object.keys(FEATURES));
  });
});

for (const backend of here)
  conformanceSuite({ describe, it }, backend.name, () => composePieces({ plugins: [backend] }), {
    features: FEATURES[backend.name]!,
  });
