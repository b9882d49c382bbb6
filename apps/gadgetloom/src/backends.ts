import { type MockOptions, mock } from '@gadgetloom/backend-mock';
import type { Plugin } from '@gadgetloom/core';

/** What the command line says about the backend. */
export interface BackendSettings {
  readonly speed?: NonNullable<MockOptions['speed']>;
}

/** Every backend that the command line knows, the preferred one first. */
export function knownBackends(settings: BackendSettings = {}): readonly Plugin[] {
  return [mock({ speed: 'super', ...settings })];
}
