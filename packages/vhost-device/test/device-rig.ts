import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAddon } from '@gadgetloom/linux-native';
import { onTestFinished } from 'vitest';
import type { PciConfiguration, PciFunction, PciSlot } from '../src/pci/pci-function.ts';
import { type ServeOptions, serveDevice, type VhostDevice } from '../src/serve-device.ts';
import { Guest } from '../src/testing/guest.ts';

/** Where a socket can be, until the test is over. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vhost-device-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'socket');
}

/** A BAR of plain memory, which notes the accesses to it. */
export class Registers {
  readonly bytes: DataView;
  readonly accesses: string[] = [];

  constructor(size: number) {
    this.bytes = new DataView(new ArrayBuffer(size));
  }

  readonly space = {
    read: (offset: number, size: number): number => {
      this.accesses.push(`read ${offset}/${size}`);
      if (size === 4) return this.bytes.getUint32(offset, true);
      return size === 2 ? this.bytes.getUint16(offset, true) : this.bytes.getUint8(offset);
    },
    write: (offset: number, size: number, value: number): void => {
      this.accesses.push(`write ${offset}/${size} 0x${value.toString(16)}`);
      if (size === 4) this.bytes.setUint32(offset, value, true);
      else if (size === 2) this.bytes.setUint16(offset, value, true);
      else this.bytes.setUint8(offset, value);
    },
  };
}

/** A device that is served for the time of a test. */
export interface DeviceRig {
  readonly device: VhostDevice;
  readonly socket: string;
  /** Of the latest connection. */
  readonly slot: () => PciSlot;
  /** BAR 0. */
  readonly registers: Registers;
  /** How many functions were made, and let go. */
  readonly made: () => number;
  readonly removed: () => number;
  /** Resolves when the next connection is over, with its error. */
  readonly disconnected: () => Promise<Error | undefined>;
}

/** Serves a device with 64 bytes of registers. */
export async function serveRegisters(
  configuration: Partial<PciConfiguration> = {},
  options: Partial<ServeOptions> = {},
): Promise<DeviceRig> {
  const socket = socketPath();
  const registers = new Registers(64);
  const waiting: ((error: Error | undefined) => void)[] = [];
  const slots: PciSlot[] = [];
  let removed = 0;
  const create = (slot: PciSlot): PciFunction => {
    slots.push(slot);
    const bars = [{ size: 64, space: registers.space }];
    return {
      configuration: { vendor: 0x1234, device: 0x11e9, classCode: 0xff0000, bars, ...configuration },
      removed: () => removed++,
    };
  };
  const onDisconnect = (error: Error | undefined): void => {
    for (const resolve of waiting.splice(0)) resolve(error);
  };
  const device = await serveDevice({ socket, create, onDisconnect, ...options });
  onTestFinished(() => device[Symbol.asyncDispose]());
  return {
    device,
    socket,
    registers,
    slot: () => slots.at(-1)!,
    made: () => slots.length,
    removed: () => removed,
    disconnected: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

/** A guest that is connected, for the time of a test; nothing is set up. */
export function connectGuest(socket: string, size = 131_072): Guest {
  const guest = new Guest(loadAddon(), socket, size);
  onTestFinished(() => guest[Symbol.dispose]());
  return guest;
}

/**
 * How many descriptors of the kinds that are handed around here this process has open, once the event loop has closed what
 * it was told to.
 */
export async function openDescriptors(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return readdirSync('/proc/self/fd').filter((descriptor) => /memfd|event|socket/.test(target(descriptor))).length;
}

/** What a descriptor of this process stands for; nothing for the one that looked. */
function target(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
