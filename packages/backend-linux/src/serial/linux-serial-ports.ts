import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKernelError, KernelError } from '@gadgetloom/core';
import {
  openSerialPort,
  type SerialPort,
  type SerialPortAddress,
  type SerialPorts,
  type SerialWait,
} from '@gadgetloom/kernel-functions';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxTerminal } from './linux-terminal.ts';

/** The serial ports of this machine's gadgets: /dev/ttyGS*, found by the attribute `port_num` of their functions. */
export class LinuxSerialPorts implements SerialPorts {
  readonly #kernel: LinuxKernel;

  constructor(kernel: LinuxKernel) {
    this.#kernel = kernel;
  }

  async prepare(address: SerialPortAddress): Promise<void> {
    const terminal = this.#terminal(address);
    using _ = this.#kernel.terminals.add(address.gadget, terminal);
    try {
      await terminal.prepare();
    } catch (refusal) {
      // Whoever may not open the terminal does not use it; if they try, open says so.
      if (!isKernelError(refusal, 'EACCES')) throw refusal;
    }
  }

  async open(address: SerialPortAddress, { signal }: SerialWait = {}): Promise<SerialPort> {
    signal?.throwIfAborted();
    const terminal = this.#terminal(address);
    const noted = this.#kernel.terminals.add(address.gadget, terminal);
    try {
      return await openSerialPort(terminal, this.#kernel.clock);
    } catch (failure) {
      noted[Symbol.dispose]();
      throw failure;
    }
  }

  #terminal({ gadget, type, instance }: SerialPortAddress): LinuxTerminal {
    const { configfs, dev } = this.#kernel.paths;
    const directory = join(configfs, 'usb_gadget', gadget, 'functions', `${type}.${instance}`);
    const attribute = join(directory, 'port_num');
    if (!existsSync(attribute)) {
      const advice = existsSync(directory)
        ? `a function of type "${type}" has no serial port.`
        : `the gadget "${gadget}" has no function "${type}.${instance}".`;
      throw new KernelError('ENOENT', `open the serial port of ${instance}`, advice);
    }
    const number = Number(fileCall(`read ${attribute}`, () => readFileSync(attribute, 'utf8')));
    return new LinuxTerminal(this.#kernel, join(dev, `ttyGS${number}`), number);
  }
}
