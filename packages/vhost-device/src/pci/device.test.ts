import { describe, expect, it } from 'vitest';
import { connectGuest, serveRegisters } from '../../test/device-rig.ts';
import type { Guest } from '../testing/guest.ts';
import { GUEST_BASE } from '../testing/guest.ts';
import type { InterruptMessage } from '../testing/interrupt-buffers.ts';
import { PciDriver } from '../testing/pci-driver.ts';
import type { PciConfiguration } from './pci-function.ts';
import { COMMAND_QUEUE, INTERRUPT_QUEUE, Operation } from './transaction.ts';

async function rigWithDriver(configuration: Partial<PciConfiguration> = {}) {
  const rig = await serveRegisters(configuration);
  const driver = await PciDriver.connect(rig.socket);
  return { ...rig, driver, close: () => driver[Symbol.asyncDispose]() };
}

describe('the registers of a function', () => {
  it('answer once the driver has enabled them', async () => {
    const { driver, registers, close } = await rigWithDriver();
    await driver.write(0, 0, 42);
    expect(await driver.read(0, 0)).toBe(0xffff_ffff);
    expect(registers.accesses).toEqual([]);
    expect(await driver.enable()).toEqual([64, 0, 0, 0, 0, 0]);
    await driver.write(0, 0, 0x8123_4567);
    expect(await driver.read(0, 0)).toBe(0x8123_4567);
    expect(await driver.read(0, 2, 2)).toBe(0x8123);
    expect(await driver.read(0, 3, 1)).toBe(0x81);
    await driver.write(0, 1, 0xff, 1);
    expect(await driver.read(0, 0)).toBe(0x8123_ff67);
    expect(registers.accesses.slice(0, 2)).toEqual(['write 0/4 0x81234567', 'read 0/4']);
    await close();
  });

  it('are as a bus is where there is nothing', async () => {
    const { driver, registers, close } = await rigWithDriver();
    await driver.enable();
    expect(await driver.read(1, 0)).toBe(0xffff_ffff);
    expect(await driver.read(0, 64)).toBe(0xffff_ffff);
    expect(await driver.read(0, 62)).toBe(0xffff_ffff);
    expect(await driver.read(0, 2 ** 52)).toBe(0xffff_ffff);
    await driver.write(0, 64, 1);
    await driver.write(5, 0, 1);
    expect(registers.accesses).toEqual([]);
    await close();
  });

  it('see accesses in the order of the driver, however many it makes', async () => {
    const { driver, registers, device, close } = await rigWithDriver();
    await driver.enable();
    const writes = Array.from({ length: 1000 }, (_, index) => driver.write(0, 4 * (index % 16), index));
    expect(await driver.read(0, 4 * (999 % 16))).toBe(999);
    await Promise.all(writes);
    expect(registers.accesses.filter((it) => it.startsWith('write')).map((it) => Number(it.split(' ')[2]))).toEqual(
      Array.from({ length: 1000 }, (_, index) => index),
    );
    expect(device.statistics).toMatchObject({ registerReads: 1, registerWrites: 1000, configurationReads: 6 });
    await close();
  });
});

describe('the memory of a guest', () => {
  it('is there for a function that its driver has made a bus master', async () => {
    const { driver, slot, close } = await rigWithDriver();
    driver.memory.set([1, 2, 3, 4]);
    expect(slot().memory.read32(driver.dmaAddress)).toBe(-1);
    await driver.enable();
    expect(slot().memory.read32(driver.dmaAddress)).toBe(0x04030201);
    expect(slot().memory.write32(driver.dmaAddress + 4, 0x08070605)).toBe(true);
    expect([...driver.memory.subarray(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(slot().memory.read32(GUEST_BASE - 4)).toBe(-1);
    await close();
  });
});

describe('an interrupt', () => {
  /** Calls `react` for each message, until `wanted` have arrived. */
  const messages = (
    driver: PciDriver,
    wanted: number,
    react: (count: number) => unknown,
  ): Promise<InterruptMessage[]> =>
    new Promise((resolve) => {
      const seen: InterruptMessage[] = [];
      driver.handler = async (message) => {
        seen.push(message);
        await react(seen.length);
        if (seen.length === wanted) resolve(seen);
      };
    });

  it('calls the handler for as long as the line is asserted', async () => {
    const { driver, slot, device, close } = await rigWithDriver({ interruptPin: 3 });
    await driver.enable();
    const { interrupt } = slot();
    interrupt.raise();
    interrupt.raise();
    const seen = await messages(driver, 3, (count) => count === 3 && interrupt.lower());
    expect(seen).toEqual(Array(3).fill({ kind: 'INTx', pin: 3 }));
    await driver.readConfiguration(0, 4);
    expect(driver.interrupts).toBe(3);
    expect(device.statistics.interrupts).toBe(3);
    await close();
  });

  it('shows in the status register, and stays there while the driver does not want it', async () => {
    const { driver, slot, close } = await rigWithDriver();
    await driver.enable();
    await driver.writeConfiguration(4, 2, 0x406);
    slot().interrupt.raise();
    expect(await driver.readConfiguration(6, 2)).toBe(0x08);
    expect(driver.interrupts).toBe(0);
    const seen = messages(driver, 1, () => slot().interrupt.lower());
    await driver.writeConfiguration(4, 2, 0x006);
    expect(await seen).toEqual([{ kind: 'INTx', pin: 1 }]);
    expect(await driver.readConfiguration(6, 2)).toBe(0);
    await close();
  });

  it('is none if the line is released before the driver wants it', async () => {
    const { driver, slot, close } = await rigWithDriver();
    await driver.writeConfiguration(4, 2, 0x400);
    slot().interrupt.raise();
    slot().interrupt.lower();
    await driver.writeConfiguration(4, 2, 0);
    await driver.readConfiguration(0, 4);
    expect(driver.interrupts).toBe(0);
    await close();
  });

  it('never comes from a function without a pin', async () => {
    const { driver, slot, close } = await rigWithDriver({ interruptPin: 0 });
    await driver.enable();
    slot().interrupt.raise();
    await driver.readConfiguration(0, 4);
    expect(driver.interrupts).toBe(0);
    await close();
  });

  it('is a message for each edge once the driver has enabled MSI', async () => {
    const { driver, slot, close } = await rigWithDriver({ msi: true });
    await driver.enable({ msi: 0x31 });
    const { interrupt } = slot();
    const seen = messages(driver, 2, (count) => {
      interrupt.lower();
      if (count === 1) interrupt.raise();
    });
    interrupt.raise();
    expect(await seen).toEqual(Array(2).fill({ kind: 'MSI', address: 0xa0000, data: 0x31 }));
    await close();
  });

  it('waits for a buffer, as long as it takes', async () => {
    const { driver, slot, close } = await rigWithDriver({ msi: true });
    await driver.enable({ msi: 1 });
    for (let edge = 0; edge < 12; edge++) {
      slot().interrupt.raise();
      slot().interrupt.lower();
    }
    // Ten buffers, and the edges that found none are one.
    await messages(driver, 11, () => undefined);
    await driver.readConfiguration(0, 4);
    expect(driver.interrupts).toBe(11);
    await close();
  });
});

describe('a message that cannot be', () => {
  const AT = 65_536;
  const BUFFERS = AT + 4096;

  async function rigWithGuest() {
    const rig = await serveRegisters({ msi: true });
    const guest = connectGuest(rig.socket);
    await guest.setUp();
    return { ...rig, guest };
  }

  function send(
    guest: Guest,
    operation: number,
    size: number,
    address: bigint,
    data: number,
    room: number,
    bar = 0,
  ): void {
    guest.view.setUint32(AT, operation | (bar << 8), true);
    guest.view.setUint32(AT + 4, size, true);
    guest.view.setBigUint64(AT + 8, address, true);
    guest.queues[COMMAND_QUEUE]!.ring.offer(0, [
      { address: GUEST_BASE + AT, length: 16 + data },
      { address: GUEST_BASE + AT + 2048, length: room, writable: true },
    ]);
    guest.kick(COMMAND_QUEUE);
  }

  it.each<[string, (guest: Guest) => void, RegExp]>([
    ['an unknown operation', (guest) => send(guest, 9, 4, 0n, 0, 8), /no operation 9/],
    ['an operation of the device', (guest) => send(guest, 6, 0, 1n, 0, 0), /no operation 6/],
    ['BAR 6', (guest) => send(guest, Operation.MMIO_READ, 4, 0n, 0, 8, 6), /no BAR 6/],
    ['a read without room', (guest) => send(guest, Operation.MMIO_READ, 4, 0n, 0, 3), /room for 3/],
    [
      'a read without end',
      (guest) => send(guest, Operation.MMIO_READ, 2 ** 32 - 1, 0n, 0, 8),
      /at most 65536 are allowed/,
    ],
    ['a write without data', (guest) => send(guest, Operation.MMIO_WRITE, 4, 0n, 3, 0), /writes 4 bytes, but has 3/],
    ['a fill without data', (guest) => send(guest, Operation.MMIO_MEMSET, 4, 0n, 0, 0), /writes 1 bytes, but has 0/],
    [
      '3 bytes of configuration',
      (guest) => send(guest, Operation.CONFIGURATION_READ, 3, 0n, 0, 8),
      /has 3 bytes; it has to have 1, 2, 4 or 8/,
    ],
    [
      '16 to write',
      (guest) => send(guest, Operation.CONFIGURATION_WRITE, 16, 0n, 16, 0),
      /has 16 bytes; it has to have 1, 2, 4 or 8/,
    ],
    [
      'a message without a header',
      (guest) => {
        guest.queues[COMMAND_QUEUE]!.ring.offer(0, [{ address: GUEST_BASE + AT, length: 15 }]);
        guest.kick(COMMAND_QUEUE);
      },
      /has 15/,
    ],
  ])('ends the connection: %s', async (_, spoil, message) => {
    const { guest, disconnected } = await rigWithGuest();
    const ended = disconnected();
    spoil(guest);
    expect(await ended).toMatchObject({
      code: 'EPROTO',
      operation: 'virtqueue cmd',
      message: expect.stringMatching(message),
    });
    await guest.channel.closed;
  });

  it('ends it also where the device begins: a buffer too small for an interrupt', async () => {
    const { guest, disconnected, slot } = await rigWithGuest();
    guest.queues[INTERRUPT_QUEUE]!.ring.offer(0, [{ address: GUEST_BASE + BUFFERS, length: 15, writable: true }]);
    const ended = disconnected();
    // Whoever asserts the line is told nothing.
    slot().interrupt.raise();
    expect(await ended).toMatchObject({ code: 'EPROTO', operation: 'virtqueue irq' });
  });

  it('is none if it is long, and carries more than a register', async () => {
    const { guest, registers } = await rigWithGuest();
    const { ring } = guest.queues[COMMAND_QUEUE]!;
    const done = (): Promise<unknown> =>
      new Promise((resolve) => guest.onCall(COMMAND_QUEUE, () => resolve(ring.reap())));
    guest.view.setUint16(AT + 16, 0x2, true);
    send(guest, Operation.CONFIGURATION_WRITE, 2, 4n, 2, 0);
    expect(await done()).toEqual({ head: 0, written: 0 });
    guest.bytes.set(
      Uint8Array.from({ length: 16 }, (_, index) => index),
      AT + 16,
    );
    send(guest, Operation.MMIO_WRITE, 16, 8n, 16, 0);
    await done();
    expect(registers.accesses.length).toBe(4);
    send(guest, Operation.MMIO_READ, 16, 8n, 0, 100);
    expect(await done()).toEqual({ head: 0, written: 16 });
    expect([...guest.bytes.subarray(AT + 2048, AT + 2065)]).toEqual([...Array(16).keys(), 0]);
    guest.bytes[AT + 16] = 0x77;
    send(guest, Operation.MMIO_MEMSET, 8, 8n, 1, 0);
    await done();
    expect(registers.bytes.getBigUint64(8, true)).toBe(0x7777_7777_7777_7777n);
  });
});
