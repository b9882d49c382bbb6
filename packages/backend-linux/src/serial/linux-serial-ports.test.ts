import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@gadgetloom/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxSerialPorts } from './linux-serial-ports.ts';

/** A tree with the function `acm.console` of the gadget `g1`, which has the port 2, and no terminal. */
function rig() {
  const root = mkdtempSync(join(tmpdir(), 'gadgetloom-serial-'));
  const functions = join(root, 'usb_gadget/g1/functions');
  mkdirSync(join(functions, 'acm.console'), { recursive: true });
  mkdirSync(join(functions, 'ncm.net'));
  writeFileSync(join(functions, 'acm.console/port_num'), '2\n');
  const kernel = new LinuxKernel({ clock: new SystemClock(), paths: { configfs: root, dev: root } });
  onTestFinished(() => {
    kernel[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });
  return { ports: new LinuxSerialPorts(kernel), kernel };
}

const address = (type: string, instance: string) => ({ gadget: 'g1', type, instance });

describe('the serial ports of Linux', () => {
  it('are found by the number of the function', async () => {
    await expect(rig().ports.open(address('acm', 'console'))).rejects.toMatchObject({
      operation: expect.stringMatching(/^open .*\/ttyGS2$/),
      message: expect.stringContaining('The terminal has no node in /dev'),
    });
  });

  it('say what is missing', async () => {
    const { ports } = rig();
    await expect(ports.open(address('acm', 'none'))).rejects.toThrow('the gadget "g1" has no function "acm.none".');
    await expect(ports.open(address('ncm', 'net'))).rejects.toThrow('a function of type "ncm" has no serial port.');
    await expect(ports.prepare(address('acm', 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
