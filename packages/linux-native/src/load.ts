import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Addon } from './addon.ts';

let loaded: Addon | undefined;

/**
 * Loads the addon for this machine.
 *
 * @throws Error that names the architecture and says how to build the addon
 */
export function loadAddon(): Addon {
  loaded ??= load();
  return loaded;
}

function load(): Addon {
  const file = join(import.meta.dirname, '..', 'prebuilds', `${process.platform}-${process.arch}`, 'addon.node');
  try {
    return createRequire(import.meta.url)(file) as Addon;
  } catch (cause) {
    throw new Error(
      `There is no native part of @gadgetloom/linux-native for ${process.platform} on ${process.arch} (${(cause as Error).message.split('\n')[0]}). ` +
        'On Linux, build it with `npx gadgetloom-linux-native-build` (needs a C compiler and nothing else). ' +
        'The simulated backends (mock, dwc3, musb) run without it.',
      { cause },
    );
  }
}
