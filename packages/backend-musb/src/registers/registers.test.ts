import { describe, expect, it } from 'vitest';
import { HardwareRig } from '../../test/hardware-rig.ts';
import { COMMON_REGISTERS } from './core-registers.ts';
import { DMA_REGISTERS } from './dma-registers.ts';
import { CONTROL_REGISTERS, ENDPOINT_REGISTERS, Rxcsr, Txcsr } from './endpoint-registers.ts';
import { accessMasks, bitsOf, type RegisterDescription, type RegisterTable } from './register.ts';

const tables: Readonly<Record<string, RegisterTable>> = {
  COMMON_REGISTERS,
  ENDPOINT_REGISTERS,
  CONTROL_REGISTERS,
  DMA_REGISTERS,
};
const all = Object.entries(tables).flatMap(([table, registers]) =>
  Object.entries(registers).map(([name, register]) => [`${table}.${name}`, register] as const),
);

describe('the register tables', () => {
  it.each(all)('%s: fields do not overlap, and fit', (_, { width, fields }: RegisterDescription) => {
    let seen = 0n;
    for (const [mask] of Object.values(fields)) {
      expect(seen & BigInt(mask)).toBe(0n);
      seen |= BigInt(mask);
    }
    expect(seen < 1n << BigInt(8 * width)).toBe(true);
  });

  it('give the bits that Linux writes', () => {
    expect(Txcsr.AUTOSET | Txcsr.DMAENAB | Txcsr.DMAMODE | Txcsr.MODE).toBe(0xb400);
    expect(Rxcsr.SENTSTALL | Rxcsr.OVERRUN | Rxcsr.RXPKTRDY).toBe(0x45);
    expect(bitsOf(COMMON_REGISTERS.POWER).SOFTCONN).toBe(0x40);
    expect(accessMasks(CONTROL_REGISTERS.CSR0)).toMatchObject({ strobe: 0x1c0, w1s: 0x2a, w0c: 4 });
  });
});

describe('the chip', () => {
  it.each(
    Object.entries(COMMON_REGISTERS).flatMap(([name, register]) =>
      'reset' in register ? [[name, register] as const] : [],
    ),
  )('%s has its value after power-up', (name, { offset, width, reset }) => {
    const { registers } = new HardwareRig();
    // The host supplies power.
    const expected = name === 'DEVCTL' ? reset | 0x18 : reset;
    expect(width === 1 ? registers.read8(offset) : registers.read16(offset)).toBe(expected);
  });

  it('tells what it was made with', () => {
    const { registers } = new HardwareRig();
    expect([registers.read16(0x6c), registers.read8(0x78), registers.read8(0x79)]).toEqual([0x720, 0xff, 0x8c]);
    expect(registers.read8(0x10f)).toBe(0xde);
    expect(registers.read32(0x6c)).toBe(0x720);
  });

  it('shows the registers of an endpoint flat, and through INDEX, at any width', () => {
    const { registers } = new HardwareRig();
    registers.write8(0x0e, 3);
    registers.write16(0x10, 0x1240);
    expect(registers.read16(0x130)).toBe(0x1240);
    registers.write8(0x131, 0x0a);
    expect(registers.read8(0x11)).toBe(0x0a);
    registers.write32(0x134, 0x4000_0200);
    expect([registers.read16(0x14), registers.read16(0x16)]).toEqual([0x0200, 0x4000]);
    expect(registers.read32(0x134)).toBe(0x4000_0200);
    registers.write16(0x13a, 0x1234);
    expect([registers.read8(0x1a), registers.read8(0x1b)]).toEqual([0x34, 0x12]);
  });

  it('clears causes of interrupts by reading, those that were read', () => {
    const { registers, hardware } = new HardwareRig().connect();
    registers.write16(0x06, 0);
    hardware.setup({ requestType: 0, request: 0, value: 0, index: 0, length: 0 });
    expect(registers.read8(0x03)).toBe(0);
    expect(registers.read8(0x02)).toBe(1);
    expect(registers.read16(0x02)).toBe(0);
  });

  it('reads a FIFO in pieces of any width', () => {
    const rig = new HardwareRig().connect().fifos(1);
    rig.registers.write16(0x114, 64);
    rig.out(1, { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7), length: 7, zeroPacket: false, actual: 0 });
    expect(rig.registers.read32(0x24)).toBe(0x0403_0201);
    expect(rig.registers.read16(0x24)).toBe(0x0605);
    expect(rig.registers.read8(0x24)).toBe(7);
    expect(rig.registers.read8(0x24)).toBe(0);
  });

  it('has nothing elsewhere', () => {
    const { registers } = new HardwareRig();
    for (const offset of [0x68, 0x7c, 0x80, 0x300, 0x1000]) {
      registers.write32(offset, 0xffff_ffff);
      expect(registers.read32(offset)).toBe(0);
    }
  });
});
