import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import type { RegisterSpace } from '../face/register-space.ts';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';
import { REGISTERS, registerName } from '../registers/register-map.ts';

const { GUSB2PHYCFG, GUSB3PIPECTL } = REGISTERS;

/** What the PHYs do when an endpoint command is given, by what the driver writes. */
class Watcher implements RegisterSpace {
  /** Whether the USB 2 PHY could sleep, for each command. */
  readonly asleep: boolean[] = [];
  readonly #registers: RegisterSpace;

  constructor(registers: RegisterSpace) {
    this.#registers = registers;
  }

  read(offset: number): number {
    return this.#registers.read(offset);
  }

  write(offset: number, value: number): void {
    const command = registerName(offset)?.startsWith('DEPCMD(') === true;
    if (command) this.asleep.push((this.read(GUSB2PHYCFG.offset) & GUSB2PHYCFG.fields.SUSPHY.mask) !== 0);
    this.#registers.write(offset, value);
  }
}

describe('the PHYs', () => {
  it('may sleep once the core is initialized, as with Linux', () => {
    const { hardware } = new TinyContainer(dwc3()).resolve(DWC3_BOARD);
    expect(hardware.read(GUSB2PHYCFG.offset) & GUSB2PHYCFG.fields.SUSPHY.mask).not.toBe(0);
    expect(hardware.read(GUSB3PIPECTL.offset) & GUSB3PIPECTL.fields.SUSPHY.mask).not.toBe(0);
  });

  it('are awake for every command below super speed', async () => {
    let watcher: Watcher | undefined;
    const registers = (hardware: RegisterSpace): RegisterSpace => {
      watcher = new Watcher(hardware);
      return watcher;
    };
    const pieces = new TinyContainer(dwc3({ speed: 'high', registers }));
    await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
    expect(watcher!.asleep.length).toBeGreaterThan(10);
    expect(watcher!.asleep).not.toContain(true);
  });
});
