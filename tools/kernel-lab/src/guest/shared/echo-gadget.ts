import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect } from './expect.ts';

const PROGRAM = '/tmp/programs/echo-gadget';
const GADGET = '/sys/kernel/config/usb_gadget/echo';
const FOLDER = '/tmp/echo';

/** A gadget written in C (guest/echo-gadget.c) on Linux's dwc3 driver: Gadgetloom has no part in it. */
export class EchoGadget implements AsyncDisposable {
  readonly #program: ChildProcess;

  private constructor(program: ChildProcess) {
    this.#program = program;
  }

  /** Sets it up with a shell, starts its program, and binds it. */
  static async start(): Promise<EchoGadget> {
    shell(`mkdir ${GADGET} && cd ${GADGET} && echo 0x1d6b >idVendor && echo 0x0104 >idProduct`);
    shell(`cd ${GADGET} && mkdir configs/c.1 functions/ffs.echo && ln -s functions/ffs.echo configs/c.1`);
    shell(`mkdir -p ${FOLDER} && mount -t functionfs echo ${FOLDER}`);
    const program = spawn(PROGRAM, [FOLDER], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(program.stdout, 'data');
    const controller = readdirSync('/sys/class/udc').find((name) => name.startsWith('dwc3'));
    shell(`echo ${controller} >${GADGET}/UDC`);
    return new EchoGadget(program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#program, 'close');
    shell(`echo >${GADGET}/UDC`);
    this.#program.kill();
    await ended;
    shell(`umount ${FOLDER} && cd ${GADGET} && rm configs/c.1/ffs.echo`);
    shell(`cd ${GADGET} && rmdir configs/c.1 functions/ffs.echo && rmdir ${GADGET}`);
  }
}

/** @throws Error the command failed */
function shell(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(status === 0, `${command}: ${stderr}`);
}
