import type { Writable } from 'node:stream';

/**
 * Characters that are under way at most. A console of User-Mode Linux that was given more than its program reads in time
 * (4 KiB: n_tty) hears nothing ever after: line_unthrottle of arch/um/drivers/line.c does not undo line_throttle.
 */
const PIECE = 2048;
const MORE = '+';
const LAST = '.';

/** Writes texts piece by piece, each in a line of its own, and the next one when the last one was taken. */
export class PacedWriter {
  readonly #output: Writable;
  readonly #pieces: string[] = [];
  #underWay = false;

  constructor(output: Writable) {
    this.#output = output;
  }

  /** @param text without line feeds */
  write(text: string): void {
    for (let at = 0; at < text.length; at += PIECE) {
      const piece = text.slice(at, at + PIECE);
      this.#pieces.push(`${at + PIECE < text.length ? MORE : LAST}${piece}\n`);
    }
    if (!this.#underWay) this.taken();
  }

  /** The other end has taken what was written last. */
  taken(): void {
    const piece = this.#pieces.shift();
    this.#underWay = piece !== undefined;
    if (piece !== undefined) this.#output.write(piece);
  }
}

/** Puts the pieces of a {@link PacedWriter} together. */
export class PacedReader {
  readonly #take: (text: string) => void;
  #text = '';

  constructor(take: (text: string) => void) {
    this.#take = take;
  }

  /** @param line of the writer, without its line feed */
  read(line: string): void {
    this.#text += line.slice(1);
    if (line.startsWith(MORE)) return;
    const text = this.#text;
    this.#text = '';
    this.#take(text);
  }
}
