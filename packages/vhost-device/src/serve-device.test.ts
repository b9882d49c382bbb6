import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { loadAddon } from '@gadgetloom/linux-native';
import { describe, expect, it, vi } from 'vitest';
import { openDescriptors, serveRegisters, socketPath } from '../test/device-rig.ts';
import { closeDescriptors } from './descriptors.ts';
import { serveDevice } from './serve-device.ts';
import { PciDriver } from './testing/pci-driver.ts';

describe('a served device', () => {
  it('makes a function for each front end, and tells it when that is gone', async () => {
    const rig = await serveRegisters();
    expect(rig.device.connected).toBe(false);
    for (let round = 1; round <= 3; round++) {
      const driver = await PciDriver.connect(rig.socket);
      expect(rig.device.connected).toBe(true);
      expect(rig.made()).toBe(round);
      expect(rig.removed()).toBe(round - 1);
      const disconnected = rig.disconnected();
      await driver[Symbol.asyncDispose]();
      expect(await disconnected).toBeUndefined();
      expect(rig.removed()).toBe(round);
    }
    expect(rig.device.connected).toBe(false);
    expect(rig.device.statistics.connections).toBe(3);
  });

  it('serves one front end at a time, and lets the next one wait', async () => {
    const rig = await serveRegisters();
    const first = await PciDriver.connect(rig.socket);
    let served = false;
    const waiting = PciDriver.connect(rig.socket).then((driver) => {
      served = true;
      return driver;
    });
    await first.readConfiguration(0, 4);
    expect(served).toBe(false);
    await first[Symbol.asyncDispose]();
    const second = await waiting;
    expect(await second.readConfiguration(0, 2)).toBe(0x1234);
    await second[Symbol.asyncDispose]();
  });

  it('lets go of everything when it is disposed, twice or in use', async () => {
    // What is loaded once stays.
    await (await serveRegisters()).device[Symbol.asyncDispose]();
    const before = await openDescriptors();
    const rig = await serveRegisters();
    const driver = await PciDriver.connect(rig.socket);
    await driver.enable();
    const disconnected = rig.disconnected();
    await rig.device[Symbol.asyncDispose]();
    await rig.device[Symbol.asyncDispose]();
    expect(await disconnected).toBeUndefined();
    expect(rig.removed()).toBe(1);
    expect(rig.slot().memory.read32(driver.dmaAddress)).toBe(-1);
    await driver.closed;
    await driver[Symbol.asyncDispose]();
    expect(existsSync(rig.socket)).toBe(false);
    expect(await openDescriptors()).toBe(before);
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('memfd:guest');
  });

  it('fails what a driver still waits for when the device goes', async () => {
    const rig = await serveRegisters();
    const driver = await PciDriver.connect(rig.socket);
    const answer = driver.readConfiguration(0, 4);
    await rig.device[Symbol.asyncDispose]();
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    await driver[Symbol.asyncDispose]();
  });

  it('tells a trace what happens', async () => {
    const trace = new TraceRecorder();
    const rig = await serveRegisters({}, { trace, clock: new VirtualClock() });
    const driver = await PciDriver.connect(rig.socket);
    await driver.enable();
    await driver.write(0, 4, 0x1234);
    await driver.read(0, 6, 1);
    await driver[Symbol.asyncDispose]();
    await rig.device[Symbol.asyncDispose]();
    const about = (what: string): unknown[] => trace.events.filter((it) => it.what === what).map((it) => it.details);
    expect(trace.events[0]).toEqual({ at: 0, source: 'vhost-device', what: 'connected', details: {} });
    expect(about('SET_VRING_NUM')).toEqual(Array(2).fill({ bytes: 8, descriptors: 0 }));
    expect(about('register write')).toEqual([{ bar: 0, offset: 4, size: 4, value: 0x1234 }]);
    expect(about('register read')).toEqual([{ bar: 0, offset: 6, size: 1, value: 0 }]);
    expect(about('configuration write').at(-1)).toEqual({ offset: 4, size: 2, value: 6 });
    expect(about('disconnected')).toEqual([{ reason: undefined }]);
  });
});

describe('a socket', () => {
  const create = (): never => {
    throw new Error('nobody connects');
  };

  it('is made in place of one that nobody listens on', async () => {
    const socket = socketPath();
    const addon = loadAddon();
    closeDescriptors(addon.unixListen(socket));
    expect(existsSync(socket)).toBe(true);
    const device = await serveDevice({ socket, create });
    await device[Symbol.asyncDispose]();
  });

  it('is not made in place of another device, or of anything else', async () => {
    const rig = await serveRegisters();
    await expect(serveDevice({ socket: rig.socket, create })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const file = socketPath();
    writeFileSync(file, 'precious');
    await expect(serveDevice({ socket: file, create })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(existsSync(file)).toBe(true);
  });

  it.each(['', 'x'.repeat(108), 'a\0b'])('cannot be at a path like %j', async (socket) => {
    await expect(serveDevice({ socket, create })).rejects.toMatchObject({ name: 'InputError', field: 'socket' });
  });

  it('needs a folder', async () => {
    await expect(serveDevice({ socket: `${socketPath()}/none`, create })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a function that fails', () => {
  it('ends its connection, whether it is made, read from or written to', async () => {
    const failure = new Error('a bug');
    const fail = (): never => {
      throw failure;
    };
    const space = { read: fail, write: fail };
    const rig = await serveRegisters({ bars: [{ size: 16, space }] });
    for (const access of ['read', 'write'] as const) {
      const driver = await PciDriver.connect(rig.socket);
      await driver.enable();
      const disconnected = rig.disconnected();
      await expect(access === 'read' ? driver.read(0, 0) : driver.write(0, 0, 0)).rejects.toThrow('ECONNRESET');
      expect(await disconnected).toBe(failure);
      await driver[Symbol.asyncDispose]();
    }
    expect(rig.removed()).toBe(2);
    const broken = await serveRegisters({}, { create: fail });
    const disconnected = broken.disconnected();
    await expect(PciDriver.connect(broken.socket)).rejects.toThrow('ECONNRESET');
    expect(await disconnected).toBe(failure);
  });

  it('is an uncaught exception if nobody is told', async () => {
    const uncaught = vi.fn();
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', uncaught);
    try {
      const create = (): never => {
        throw new Error('a bug');
      };
      const rig = await serveRegisters({}, { create, onDisconnect: undefined });
      await expect(PciDriver.connect(rig.socket)).rejects.toThrow('ECONNRESET');
      await vi.waitFor(() => expect(uncaught).toHaveBeenCalledOnce());
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
  });

  it('may be one whose configuration cannot be', async () => {
    const rig = await serveRegisters({ bars: [{ size: 100, space: { read: () => 0, write: () => {} } }] });
    const disconnected = rig.disconnected();
    await expect(PciDriver.connect(rig.socket)).rejects.toThrow('ECONNRESET');
    expect(await disconnected).toMatchObject({ name: 'InputError', field: 'bars[0].size' });
  });

  it('does not keep the connection when it fails to be removed', async () => {
    const failure = new Error('a bug');
    const removed = (): never => {
      throw failure;
    };
    const configuration = { vendor: 1, device: 2, classCode: 3, bars: [] };
    const rig = await serveRegisters({}, { create: () => ({ configuration, removed }) });
    const driver = await PciDriver.connect(rig.socket);
    const disconnected = rig.disconnected();
    await driver[Symbol.asyncDispose]();
    expect(await disconnected).toBe(failure);
    expect(rig.device.connected).toBe(false);
  });
});
