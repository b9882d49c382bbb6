import { describe, expect, it } from 'vitest';
import { nodeProblem } from './node-floor.mjs';

describe('the version of Node', () => {
  it.each(['20.19.0', '20.20.2', '21.0.0', '24.0.1', '100.0.0'])('may be %s', (version) => {
    expect(nodeProblem(version, '>=20.19')).toBeUndefined();
  });

  it.each(['20.18.9', '18.20.4', '9.99.0'])('must not be %s', (version) => {
    expect(nodeProblem(version, '>=20.19')).toBe(
      `Gadgetloom needs Node 20.19 or later, and this is Node ${version}: install a newer one from https://nodejs.org.`,
    );
  });
});
