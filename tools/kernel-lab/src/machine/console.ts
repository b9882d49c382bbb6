/** Lines of a kernel log after which nothing that the guest says can be trusted, or that nobody should overlook. */
const FAULTS: readonly RegExp[] = [
  /Kernel panic/,
  /\bOops\b/,
  /\bBUG\b/,
  /general protection fault/,
  /unable to handle kernel/i,
  /WARNING: /,
  /INFO: (task .* blocked for more than|trying to register non-static key)/,
  /\bdetected (expedited )?stalls?\b|self-detected stall/,
  /soft lockup/,
  /\bsegfault at\b/,
  /DMA-API: /,
];

/** The text that the guest's first process prints when it cannot start. */
const NO_GUEST = /^lab: (cannot load|the file systems of the host)/;

/** How the kernel begins its lines, told to (`printk.time`): whatever the guest prints is not mistaken for its. */
const KERNEL = /\[ *\d+\.\d{6}\] (.*)$/;

/** The number of kernel lines after a fault that are reported with it. */
const CONTEXT = 60;

/** Where the lines of a guest's console go. */
export interface ConsoleReaders {
  /** Receives the lines that the command prints. */
  readonly print: (line: string) => void;
  /** Receives the lines that the kernel logs meanwhile. */
  readonly printKernel?: (line: string) => void;
  /** Complaints of the kernel that are none here. */
  readonly known?: readonly RegExp[];
}

/**
 * Reads what a guest prints: keeps its own output apart from the kernel's, and the kernel's complaints.
 */
export class Console {
  /** Kernel complaints with the lines that follow each. */
  readonly faults: string[] = [];
  /** Exit status of the guest's command; `undefined` until it ended. */
  status: number | undefined;
  readonly #readers: ConsoleReaders;
  #rest = '';
  #story = 0;
  #running = false;

  constructor(readers: ConsoleReaders) {
    this.#readers = readers;
  }

  write(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r*\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const kernel = KERNEL.exec(line);
    if (kernel !== null) {
      this.#kernelLine(kernel[0]);
      // The kernel does not wait until a program has ended its line.
      if (kernel.index > 0 && this.#running) this.#readers.print(line.slice(0, kernel.index));
      return;
    }
    if (NO_GUEST.test(line)) this.faults.push(line);
    if (line === 'lab: guest is up') {
      this.#running = true;
      return;
    }
    const ended = /^lab: command ended with status (\d+)$/.exec(line);
    if (ended) {
      this.status = Number(ended[1]);
      this.#running = false;
    } else if (this.#running) this.#readers.print(line);
  }

  #kernelLine(line: string): void {
    const complaint = FAULTS.some((fault) => fault.test(line));
    if (complaint && !this.#readers.known?.some((known) => known.test(line))) this.#story = CONTEXT;
    if (this.#story > 0) {
      this.#story--;
      this.faults.push(line);
    }
    if (this.#running) this.#readers.printKernel?.(line);
  }
}
