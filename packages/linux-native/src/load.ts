import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Addon } from './addon.ts';

/**
 * Loads the addon for this machine.
 *
 * @throws Error that names the architecture and says how to build the addon
 */
export function loadAddon(): Addon {
  return loadFrom(join(import.meta.dirname, '..'), thisMachine);
}

/** Properties of the machine that select the binary. */
export interface Host {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** False if the C library is not glibc, for which the binaries are built: Alpine has musl. */
  readonly glibc: boolean;
}

const thisMachine: Host = {
  platform: process.platform,
  arch: process.arch,
  // Slow, so it is only read after a failure.
  get glibc() {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime !== undefined;
  },
};

/** Loads the addon of the package in that folder. @throws Error as {@link loadAddon} */
export function loadFrom(folder: string, host: Host): Addon {
  const { platform, arch } = host;
  const simulated = 'The simulated backends (mock, dwc3, musb) run without it.';
  if (platform !== 'linux')
    throw new Error(`@gadgetloom/linux-native is for Linux, and this is ${platform} on ${arch}. ${simulated}`);
  try {
    return createRequire(import.meta.url)(join(folder, 'prebuilds', `linux-${arch}`, 'addon.node')) as Addon;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'MODULE_NOT_FOUND' ? 'the package brings none for this architecture' : message.split('\n')[0];
    throw new Error(
      `The native part of @gadgetloom/linux-native for ${arch}${host.glibc ? '' : ' without glibc'} cannot be loaded: ${reason}. ` +
        `Build it for this machine with \`node ${join(folder, 'build.mjs')}\` (needs a C compiler and Node's headers). ` +
        simulated,
      { cause },
    );
  }
}
