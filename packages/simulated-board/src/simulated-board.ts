import type { Plugin } from '@gadgetloom/core';

/** The board around a simulated USB device controller: memory, interrupts, faults, options and the plugin, once for all simulated backends. */
export function simulatedBoard(): Plugin {
  return {
    name: 'simulated-board',
    provides: [],
    probe: () => ({ ok: true }),
    register: () => undefined,
  };
}
