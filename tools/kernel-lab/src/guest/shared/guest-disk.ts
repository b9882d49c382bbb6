import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds that the host may take to find a disk. */
const PATIENCE = 30_000;

/** Runs a program of the guest, while this one serves its disk. @throws Error it failed; with what it printed */
export function tool(program: string, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...words], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`${[program, ...words].join(' ')}: ${error.code ?? error.message}\n${out}${err}`));
    });
  });
}

/** {@link tool} for a line of the shell. */
export const shell = (line: string): Promise<string> => tool('sh', '-c', line);

/** Loads what the host side of disks needs. The host looks at a new disk at once instead of after a second. */
export async function loadDiskDrivers(): Promise<void> {
  await tool('modprobe', 'usb-storage', 'delay_use=0');
  for (const module of ['sd_mod', 'sg', 'ext4']) await tool('modprobe', module);
}

/** Names of the disks that the host has now: `sda` ... */
const disks = (): string[] => readdirSync('/sys/block').filter((name) => /^sd[a-z]+$/.test(name));

const attribute = (disk: string, name: string): string => {
  const path = `/sys/block/${disk}/${name}`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
};

/** Waits until something is so. @throws Error it is not in time */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await pause(20);
  }
  throw new Error(`waited ${PATIENCE / 1000} s in vain for ${what}`);
}

/** Does something again and again until it works. @throws its error, if it does not in time */
async function retried(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await act();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await pause(50);
    }
  }
}

/** A disk as the host knows it. */
export interface HostDisk {
  /** `/dev/sda`. */
  readonly path: string;
  /** `/dev/sg0`: takes commands, and does not lock the medium as opening the disk does. */
  readonly generic: string;
  readonly vendor: string;
  readonly model: string;
  readonly removable: boolean;
  /** Bytes. */
  readonly size: number;
}

/** Waits for the disk with a product name, with a medium, and until programs can open it. */
export async function hostDisk(product: string): Promise<HostDisk> {
  const isIt = (disk: string): boolean => attribute(disk, 'device/model') === product && sizeOf(disk) > 0;
  const name = await until(`a disk "${product}" among ${disks().join() || 'none'}`, () => disks().find(isIt));
  // Not in this process, which would wait for itself. It fails until the host has asked the disk for everything.
  await retried(() => tool('blockdev', '--getsize64', `/dev/${name}`));
  return {
    path: `/dev/${name}`,
    generic: `/dev/${readdirSync(`/sys/block/${name}/device/scsi_generic`)[0]}`,
    vendor: attribute(name, 'device/vendor'),
    model: attribute(name, 'device/model'),
    removable: attribute(name, 'removable') === '1',
    size: sizeOf(name),
  };
}

const sizeOf = (disk: string): number => Number(attribute(disk, 'size')) * 512;

/** Waits until the host has no disk any more. */
export const noDisk = (): Promise<unknown> => until('the disk to go', () => disks().length === 0);

/** Measures sequential reads and writes in pieces of 1 MiB, past the host's cache, in MB/s. */
export async function rates(
  path: string,
  mebibytes: number,
): Promise<{ readonly read: number; readonly write: number }> {
  const timed = async (...words: readonly string[]): Promise<number> => {
    const start = process.hrtime.bigint();
    await tool('dd', 'bs=1M', `count=${mebibytes}`, ...words);
    return (mebibytes * 1024 * 1024 * 1000) / Number(process.hrtime.bigint() - start);
  };
  await timed(`if=${path}`, 'of=/dev/null', 'iflag=direct');
  const read = await timed(`if=${path}`, 'of=/dev/null', 'iflag=direct');
  const write = await timed('if=/dev/zero', `of=${path}`, 'oflag=direct');
  return { read, write };
}

/** Pulls the cable out of the port of the virtual host controller, or puts it back: the port loses its power. */
export function pullCable(out: boolean): void {
  const port = '/sys/bus/usb/devices/usb1/1-0:1.0/usb1-port1/disable';
  writeFileSync(port, out ? '1' : '0');
}
