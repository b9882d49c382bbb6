import type { Plugin } from '@gadgetloom/core';

/**
 * The board around a simulated USB device controller: memory, interrupts, faults, options and the plugin. All simulated
 * backends share it.
 */
export function simulatedBoard(): Plugin {
  return {
    name: 'simulated-board',
    provides: [],
    probe: () => ({ ok: true }),
    register: () => undefined,
  };
}
