/** Lines of a kernel log after which nothing that the guest says can be trusted, or that nobody should overlook. */
const FAULTS: readonly RegExp[] = [
  /Kernel panic/,
  /\bOops\b/,
  /\bBUG:/,
  /general protection fault/,
  /unable to handle kernel/i,
  /WARNING: (?!.*lab:)/,
  /INFO: task .* blocked for more than/,
  /rcu.*detected stalls?/,
  /soft lockup/,
  /lab: cannot load/,
  /lab: the file systems of the host/,
];

/** How many lines after a fault belong to its story. */
const CONTEXT = 40;

/**
 * Reads what a guest prints: keeps its own output apart from the kernel's complaints.
 */
export class Console {
  /** Kernel complaints with the lines that follow each. */
  readonly faults: string[] = [];
  /** Exit status of the guest's command; `undefined` until it ended. */
  status: number | undefined;
  readonly #print: (line: string) => void;
  #rest = '';
  #story = 0;
  #running = false;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get up(): boolean {
    return this.#running || this.status !== undefined;
  }

  write(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r*\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (FAULTS.some((fault) => fault.test(line))) this.#story = CONTEXT;
    if (this.#story > 0) {
      this.#story--;
      this.faults.push(line);
    }
    if (line === 'lab: guest is up') {
      this.#running = true;
      return;
    }
    const ended = /^lab: command ended with status (\d+)$/.exec(line);
    if (ended) {
      this.status = Number(ended[1]);
      this.#running = false;
    } else if (this.#running) this.#print(line);
  }
}
