#!/usr/bin/env node
// Builds the addon: one compiler call, no node-gyp. `build.mjs` builds for this machine where that is not done yet,
// `build.mjs --force` in any case, `build.mjs ARCH ...` or `build.mjs all` for others, with Debian's cross compilers.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, 'native');

/** Compiler of each architecture, in Node's names. */
const CROSS = {
  x64: 'x86_64-linux-gnu-gcc',
  arm64: 'aarch64-linux-gnu-gcc',
  arm: 'arm-linux-gnueabihf-gcc',
  riscv64: 'riscv64-linux-gnu-gcc',
};

const FLAGS = '-std=c11 -D_GNU_SOURCE -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -s'.split(' ');
const DEFINES = ['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=addon'];

function build(arch, compiler) {
  const headers = join(dirname(dirname(realpathSync(process.execPath))), 'include', 'node');
  if (!existsSync(join(headers, 'node_api.h'))) {
    throw new Error(
      `Node's headers are not at ${headers}. Install them (Debian: libnode-dev), or run this with a Node from nodejs.org.`,
    );
  }
  const directory = join(here, 'prebuilds', `linux-${arch}`);
  mkdirSync(directory, { recursive: true });
  const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
  const draft = join(directory, `addon.${process.pid}.node`);
  try {
    execFileSync(
      compiler,
      [...FLAGS, ...DEFINES, `-I${headers}`, ...files.map((name) => join(sources, name)), '-o', draft],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  } catch (cause) {
    rmSync(draft, { force: true });
    const reason = cause.code === 'ENOENT' ? 'there is no such compiler here' : String(cause.stderr ?? cause.message);
    throw new Error(`${compiler} could not build the addon: ${reason}`, { cause });
  }
  renameSync(draft, join(directory, 'addon.node'));
}

function isCurrent(arch) {
  const addon = join(here, 'prebuilds', `linux-${arch}`, 'addon.node');
  if (!existsSync(addon)) return false;
  const built = statSync(addon).mtimeMs;
  return readdirSync(sources).every((name) => statSync(join(sources, name)).mtimeMs <= built);
}

/** Builds for this machine unless that is done; vitest calls it before the tests. */
export default function ensureBuilt() {
  if (process.platform === 'linux' && !isCurrent(process.arch)) build(process.arch, process.env.CC ?? 'cc');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2);
  try {
    if (asked.includes('--help'))
      console.log(
        `Builds the addon for this machine where that is not done yet; with --force in any case,\nwith ARCH ... or "all" for others (${Object.keys(CROSS).join(', ')}), with Debian's cross compilers.`,
      );
    else if (asked.length === 0) ensureBuilt();
    else if (asked[0] === '--force') build(process.arch, process.env.CC ?? 'cc');
    else {
      for (const arch of asked[0] === 'all' ? Object.keys(CROSS) : asked) {
        if (!(arch in CROSS))
          throw new Error(`There is no architecture "${arch}". There are ${Object.keys(CROSS).join(', ')}.`);
        build(arch, CROSS[arch]);
      }
    }
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
