#!/usr/bin/env node
// Builds the addon with one compiler call, without node-gyp. `build.mjs` builds for this machine. `build.mjs ARCH ...` and
// `build.mjs all` build what is published, with Debian's cross compilers, and check that it loads where Node 20 runs. The
// same sources always give the same bytes.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, 'native');

/** Architectures that are published, in Node's names: their compilers, and where Debian has these. */
const TARGETS = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', debianPackages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'] },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', debianPackages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'] },
  arm: { compiler: 'arm-linux-gnueabihf-gcc', debianPackages: ['gcc-arm-linux-gnueabihf', 'libc6-dev-armhf-cross'] },
  riscv64: { compiler: 'riscv64-linux-gnu-gcc', debianPackages: ['gcc-riscv64-linux-gnu', 'libc6-dev-riscv64-cross'] },
};

/** What the binaries for Node 20 need themselves. */
const NEWEST_GLIBC = '2.28';
/** Kernels for arm64 are built with pages of 4, 16 and 64 KiB; a binary for the largest runs on all of them. */
const PAGE_SIZE = { x64: 4096, arm64: 65536, arm: 4096, riscv64: 4096 };

const FLAGS = [
  ...['-std=c11', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-fvisibility=hidden'],
  ...['-fstack-protector-strong', '-Wl,-z,relro,-z,now', '-Wl,--build-id=none', `-ffile-prefix-map=${sources}=native`],
  // Offsets have 64 bits everywhere. Times have the size that glibc gave them before 2.34.
  ...['-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64', '-U_TIME_BITS', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'],
  ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=addon'],
];

const SMALL = ['-flto', '-s'];

/** Aborts at an access to memory that is not the addon's, and at what C leaves undefined. */
const SANITIZED = [
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'],
  ...['-O1', '-g', '-U_FORTIFY_SOURCE'],
];

const addonOf = (arch) => join(here, 'prebuilds', `linux-${arch}`, 'addon.node');

const headers = join(dirname(dirname(realpathSync(process.execPath))), 'include', 'node');
const noHeaders = () =>
  existsSync(join(headers, 'node_api.h'))
    ? undefined
    : `Node's headers are not at ${headers}. Install them (Debian: libnode-dev, Alpine: nodejs-dev), or run this with a Node from nodejs.org.`;

/** Compiles into `addon`, which is replaced as a whole once `check` has accepted the new one. */
function build(addon, compiler, flags, check) {
  const problem = noHeaders();
  if (problem !== undefined) throw new Error(problem);
  mkdirSync(dirname(addon), { recursive: true });
  const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
  const inputs = files.sort().map((name) => join(sources, name));
  // Not in prebuilds, which may be packed at this moment.
  const directory = mkdtempSync(join(here, '.building-'));
  const draft = join(directory, 'addon.node');
  try {
    run(compiler, [...FLAGS, ...flags, `-I${headers}`, ...inputs, '-o', draft]);
    check?.(draft);
    renameSync(draft, addon);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(program, args, stdout = 'ignore') {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    return execFileSync(program, args, { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8', env });
  } catch (cause) {
    const reason = cause.code === 'ENOENT' ? 'there is no such program here' : String(cause.stderr ?? cause.message);
    throw new Error(`${program} failed: ${reason}`, { cause });
  }
}

/** Refuses a binary that would not load where Node 20 runs. */
function checkPortable(arch, file) {
  const facts = run('readelf', ['--wide', '--dynamic', '--program-headers', '--version-info', file], 'pipe');
  const all = (pattern) => [...facts.matchAll(pattern)].map(([, value]) => value);
  const tooNew = all(/Name: GLIBC_([0-9.]+)/g).filter(
    (version) => version.localeCompare(NEWEST_GLIBC, 'en', { numeric: true }) > 0,
  );
  const libraries = all(/NEEDED.*\[(.*)\]/g).filter((name) => !/^(libc\.so\.6|ld-linux.*)$/.test(name));
  const pages = all(/^ +LOAD .* (0x[0-9a-f]+)$/gm).filter((alignment) => Number(alignment) < PAGE_SIZE[arch]);
  const problems = [
    ...tooNew.map((version) => `needs glibc ${version}, which is newer than ${NEWEST_GLIBC}`),
    ...libraries.map((name) => `needs ${name}`),
    ...pages.map((alignment) => `is laid out for pages of ${Number(alignment)} bytes`),
  ];
  if (problems.length > 0) throw new Error(`The addon for ${arch} ${[...new Set(problems)].join(', ')}.`);
}

const hasProgram = (name) =>
  name.includes('/')
    ? existsSync(name)
    : (process.env.PATH ?? '').split(delimiter).some((path) => existsSync(join(path, name)));

/** Architectures that can be built here: those whose compiler is there. */
export const buildable = Object.keys(TARGETS).filter((arch) => hasProgram(TARGETS[arch].compiler));

/** Makes sure of compilers: installs the missing ones where that is allowed, otherwise says what to do. */
function ensureCompilers(architectures) {
  const missing = architectures.filter((arch) => !hasProgram(TARGETS[arch].compiler));
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends'];
  const packages = missing.flatMap((arch) =>
    arch === process.arch ? ['gcc', 'libc6-dev'] : TARGETS[arch].debianPackages,
  );
  const names = missing.map((arch) => TARGETS[arch].compiler).join(', ');
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release))
    throw new Error(`There is no ${names} here. On Debian and Ubuntu the packages are ${packages.join(', ')}.`);
  if (process.getuid() !== 0)
    throw new Error(`There is no ${names} here: sudo apt-get ${[...install, ...packages].join(' ')}`);
  console.error(`installing ${packages.join(', ')}`);
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  run('apt-get', ['update', '-qq']);
  run('apt-get', [...install, '-qq', ...packages]);
}

/** Builds for publishing. */
function buildFor(architectures) {
  for (const arch of architectures) {
    if (!Object.hasOwn(TARGETS, arch))
      throw new Error(`There is no architecture "${arch}". There are ${Object.keys(TARGETS).join(', ')}.`);
  }
  ensureCompilers(architectures);
  for (const arch of architectures)
    build(addonOf(arch), TARGETS[arch].compiler, SMALL, (file) => checkPortable(arch, file));
}

const compilerHere = process.env.CC ?? 'cc';
const buildHere = () => build(addonOf(process.arch), compilerHere, SMALL);

/** Builds the addon into `file`, with GCC's sanitizers. Gives the library that a process must preload to load it. */
export function buildSanitized(file) {
  build(file, compilerHere, SANITIZED);
  return run(compilerHere, ['-print-file-name=libasan.so'], 'pipe').trim();
}

/** Builds for this machine where that is possible, and otherwise says what is left out. A compiler that fails is an error. */
function buildIfPossible() {
  const problem = hasProgram(compilerHere)
    ? noHeaders()
    : `There is no C compiler "${compilerHere}" here. Install one (Debian: gcc and libc6-dev).`;
  if (problem === undefined) buildHere();
  else
    console.error(
      `Left out: the addon of @gadgetloom/linux-native. Only the backend for Linux and vhost-device need it.\n${problem}\nThen run this again.`,
    );
}

function isCurrent(arch) {
  if (!existsSync(addonOf(arch))) return false;
  const built = statSync(addonOf(arch)).mtimeMs;
  const inputs = [fileURLToPath(import.meta.url), ...readdirSync(sources).map((name) => join(sources, name))];
  return inputs.every((file) => statSync(file).mtimeMs <= built);
}

/** Builds for this machine unless that is done; vitest calls it before the tests. Without a compiler, those of the addon fail. */
export default function ensureBuilt() {
  if (process.platform === 'linux' && !isCurrent(process.arch)) buildIfPossible();
}

const HELP = `gadgetloom-linux-native-build [ARCH ... | all | --if-possible]

Builds the addon for this machine, with the C compiler that CC names (cc). With --if-possible, it says what is
missing where that cannot be done, and succeeds. With names of architectures (${Object.keys(TARGETS).join(', ')})
or "all" it builds what is published, with Debian's cross compilers.`;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2);
  try {
    if (asked.includes('--help')) console.log(HELP);
    else if (process.platform !== 'linux') console.log('The addon is for Linux: there is nothing to build here.');
    else if (asked.length === 0) buildHere();
    else if (asked[0] === '--if-possible') buildIfPossible();
    else buildFor(asked[0] === 'all' ? Object.keys(TARGETS) : asked);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
