/** How often a line is printed where nothing can be redrawn, in milliseconds. */
const SPARSELY = 15_000;
/** How often the line of a terminal is redrawn, in milliseconds. */
const SMOOTHLY = 100;

/**
 * Shows how far a long job is: on a terminal one line that is redrawn, elsewhere one line every 15 seconds at most.
 *
 * @typedef {object} Output the part of a stream that is used here
 * @property {(text: string) => unknown} write
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 */
export class Progress {
  /** @type {Output} */
  #output;
  /** @type {() => number} */
  #now;
  #shownAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  /**
   * @param {Output} [output]
   * @param {() => number} [now] in milliseconds
   */
  constructor(output = process.stderr, now = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  /**
   * Shows a state. The first one is always shown; those that follow it too quickly are not.
   *
   * @param {string} text one line
   */
  show(text) {
    const { isTTY = false, columns = 80 } = this.#output;
    const now = this.#now();
    if (now - this.#shownAt < (isTTY ? SMOOTHLY : SPARSELY)) return;
    this.#shownAt = now;
    this.#output.write(isTTY ? `\r\x1b[K${text.slice(0, columns - 1)}` : `${text}\n`);
    this.#drawn = isTTY;
  }

  /** Removes the line from a terminal, so that something else can be printed there. */
  clear() {
    if (this.#drawn) this.#output.write('\r\x1b[K');
    this.#drawn = false;
  }
}
