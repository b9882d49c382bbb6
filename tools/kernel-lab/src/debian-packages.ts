import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from './cache.ts';
import { command, hasProgram } from './command.ts';
import { LabError } from './lab-error.ts';

/** A program that the lab runs, and the Debian package that has it. */
export interface Requirement {
  readonly program: string;
  readonly debianPackage: string;
  /** Packages that Debian only recommends, and without which the program is of no use. */
  readonly with?: readonly string[];
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

let updated = false;

/** Brings apt's lists up to date, once per run, where that is allowed; otherwise those that are there have to do. */
export async function updateLists(): Promise<void> {
  if (updated || process.getuid?.() !== 0) return;
  updated = true;
  // One list out of many that cannot be had need not be the one that matters: what is missing is noticed later.
  await command('apt-get', ['update', '-qq']).catch((error: Error) => process.stderr.write(`lab: ${error.message}\n`));
}

/**
 * Makes sure that every program is there: installs the missing ones where that is allowed, otherwise says what to do.
 *
 * @throws LabError with the command to type
 */
export async function ensurePrograms(requirements: readonly Requirement[], say: (line: string) => void): Promise<void> {
  const missing: Requirement[] = [];
  for (const requirement of requirements) if (!(await hasProgram(requirement.program))) missing.push(requirement);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap(({ debianPackage, with: more = [] }) => [debianPackage, ...more]))];
  if (!(await isDebian())) {
    throw new LabError(
      `The lab needs ${missing.map(({ program }) => program).join(', ')}. ` +
        `On Debian and Ubuntu the packages are ${packages.join(', ')}; please install their counterparts here.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new LabError(
      `The lab needs these packages: sudo apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
  }
  say(`installing ${packages.join(', ')}`);
  await updateLists();
  await command('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Packages of one architecture. */
export interface PackageSource {
  /** Brings the lists up to date. */
  update(): Promise<void>;
  /** The environment variables that apt needs. */
  readonly env: Readonly<Record<string, string>>;
}

/** Packages for this machine. */
export const ownPackages: PackageSource = { update: updateLists, env: {} };

/**
 * Packages of the same distribution for another architecture, with lists of their own: nothing of this machine's apt is
 * changed.
 *
 * @param architecture in Debian's names
 * @param release of Debian; this machine's distribution and release unless given
 */
export async function foreignPackages(architecture: string, release?: string): Promise<PackageSource> {
  const root = join(cacheRoot, ['apt', architecture, ...(release === undefined ? [] : [release])].join('-'));
  const configuration = join(root, 'apt.conf');
  for (const path of ['lists/partial', 'archives/partial', 'none']) await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, 'status'), '');
  const settings = [
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    `Dir::State "${root}";`,
    `Dir::State::status "${join(root, 'status')}";`,
    `Dir::Cache "${root}";`,
  ];
  if (release !== undefined) {
    const keys = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
    await writeFile(join(root, 'sources.list'), `deb ${keys} http://deb.debian.org/debian ${release} main\n`);
    settings.push(`Dir::Etc::sourcelist "${join(root, 'sources.list')}";`);
    settings.push(`Dir::Etc::sourceparts "${join(root, 'none')}";`);
  }
  await writeFile(configuration, settings.join('\n'));
  const env = { APT_CONFIG: configuration };
  let updated = false;
  return {
    env,
    async update() {
      if (!updated) await command('apt-get', ['update', '-qq'], { env });
      updated = true;
    },
  };
}

/** Downloads a package and unpacks the files that match `patterns` (all, if none) into `directory`, without installing it. */
export async function unpackPackage(
  name: string,
  directory: string,
  patterns: readonly string[] = [],
  source: PackageSource = ownPackages,
): Promise<void> {
  await source.update();
  await command('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], {
    cwd: directory,
    env: source.env,
  });
  await command(
    'sh',
    [
      '-c',
      `for deb in ./${name}_*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x --wildcards -C . ${patterns.map((pattern) => `'${pattern}'`).join(' ')} && rm "$deb"; done`,
    ],
    { cwd: directory },
  );
}
