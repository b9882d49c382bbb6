import { close, constants, open } from 'node:fs';
import { promisify } from 'node:util';
import { isKernelError, KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import type { SerialFile, SerialTerminal } from '@gadgetloom/kernel-functions';
import { fileCallAsync, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxSerialFile } from './linux-serial-file.ts';
import type { Leaving } from './terminals.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
/** A terminal that is being hung up refuses to be opened for a moment. */
const RETRIES = 200;
const RETRY_INTERVAL = 5 * MILLISECOND;

/** The terminal of a serial function of the kernel. */
export class LinuxTerminal implements SerialTerminal, Leaving {
  readonly path: string;
  readonly portNumber: number;
  /** f_acm.c keeps what the host does with the line, and shows it nowhere. */
  readonly line = undefined;
  readonly #kernel: LinuxKernel;
  #file: Promise<LinuxSerialFile> | undefined;
  #gone = false;

  constructor(kernel: LinuxKernel, path: string, portNumber: number) {
    this.#kernel = kernel;
    this.path = path;
    this.portNumber = portNumber;
  }

  open(onHangup: () => void): Promise<SerialFile> {
    const opening = this.#openRaw().then((fd) => new LinuxSerialFile(this.#kernel, this.path, fd, onHangup));
    this.#file = opening;
    return opening;
  }

  /** Puts the terminal into raw mode. The kernel keeps the mode while nobody has it open. */
  async prepare(): Promise<void> {
    const file = await this.open(() => {});
    await file.close();
  }

  async leave(): Promise<void> {
    this.#gone = true;
    const file = await this.#file?.catch(() => undefined);
    await file?.abandon();
  }

  /** open(2) runs on a thread: it waits while another close of the terminal waits for the host. */
  async #openRaw(): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      if (this.#gone) throw new KernelError('ENODEV', `open ${this.path}`, 'the gadget of this terminal is gone.');
      try {
        const fd = await fileCallAsync(`open ${this.path}`, () => openFile(this.path, FLAGS), {
          EACCES: 'Run as root, or join the group that owns the terminal (often dialout).',
          ENOENT: 'The terminal has no node in /dev: is devtmpfs mounted there, or udev running?',
        });
        const result = this.#kernel.addon.setRaw(fd);
        if (result < 0) await closeFile(fd);
        succeeded(result, `raw mode of ${this.path}`);
        return fd;
      } catch (refusal) {
        const passing = isKernelError(refusal, 'EIO') || isKernelError(refusal, 'EAGAIN');
        if (!passing || attempt >= RETRIES) throw refusal;
      }
      await sleep(this.#kernel.clock, RETRY_INTERVAL);
    }
  }
}
