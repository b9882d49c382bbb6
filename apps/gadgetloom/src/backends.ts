import { dwc3 } from '@gadgetloom/backend-dwc3';
import { linux } from '@gadgetloom/backend-linux';
import { type MockOptions, mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import type { Plugin } from '@gadgetloom/core';

/** The settings of the backend on the command line. */
export interface BackendSettings {
  readonly speed?: NonNullable<MockOptions['speed']>;
  /** Name or driver of a controller of this machine. */
  readonly controller?: string;
}

/** Returns every backend that the command line knows, the preferred one first. */
export function knownBackends({ controller, ...settings }: BackendSettings = {}): readonly Plugin[] {
  // Real hardware needs an explicit choice: a first try must work anywhere, and change nothing on the machine.
  // A machine for tests, such as the kernel lab, sets a variable to say that it has nothing else.
  const virtual = process.env['GADGETLOOM_VIRTUAL'] === '1';
  return [
    dwc3({ speed: 'super', ...settings }),
    mock({ speed: 'super', ...settings }),
    musb({ speed: settings.speed === 'full' ? 'full' : 'high' }),
    linux({ virtual, ...(controller !== undefined && { controller }) }),
  ];
}
