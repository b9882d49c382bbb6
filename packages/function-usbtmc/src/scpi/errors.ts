/** Texts of the standard errors (SCPI 1999, volume 2, 21.8). */
const TEXTS: Readonly<Record<number, string>> = {
  0: 'No error',
  [-100]: 'Command error',
  [-101]: 'Invalid character',
  [-102]: 'Syntax error',
  [-103]: 'Invalid separator',
  [-104]: 'Data type error',
  [-108]: 'Parameter not allowed',
  [-109]: 'Missing parameter',
  [-113]: 'Undefined header',
  [-131]: 'Invalid suffix',
  [-151]: 'Invalid string data',
  [-161]: 'Invalid block data',
  [-200]: 'Execution error',
  [-222]: 'Data out of range',
  [-223]: 'Too much data',
  [-224]: 'Illegal parameter value',
  [-300]: 'Device-specific error',
  [-350]: 'Queue overflow',
  [-363]: 'Input buffer overrun',
  [-400]: 'Query error',
  [-410]: 'Query INTERRUPTED',
  [-420]: 'Query UNTERMINATED',
};

/** The most characters of an error's text (SCPI 1999, volume 2, 21.8.1). */
const LONGEST_TEXT = 255;

/**
 * An error for the error queue. A handler throws it to tell the host what is wrong; it is then not reported to the
 * program.
 */
export class ScpiError extends Error {
  override readonly name = 'ScpiError';
  /** Standard errors are negative, and those of the instrument are positive. */
  readonly code: number;

  /** @param detail follows the standard text after a semicolon; it is the whole text of a positive code */
  constructor(code: number, detail?: string) {
    super(textOf(code, detail));
    this.code = code;
  }

  /** Returns what `SYSTem:ERRor?` answers: `-113,"Undefined header;MEAS:FOO?"`. */
  format(): string {
    return `${this.code},"${this.message.replaceAll('"', "'").slice(0, LONGEST_TEXT)}"`;
  }
}

function textOf(code: number, detail: string | undefined): string {
  const text = TEXTS[code];
  if (text === undefined) return printable(detail ?? 'Device-specific error');
  return detail === undefined ? text : `${text};${printable(detail)}`;
}

const printable = (text: string): string => text.replaceAll(/[^ -~]/g, ' ');

/** The error queue. When it is full, its newest entry becomes -350 (SCPI 1999, volume 2, 21.8.1). */
export class ErrorQueue {
  readonly #errors: ScpiError[] = [];
  readonly #size: number;

  /** @param size entries, at least 2 */
  constructor(size: number) {
    this.#size = size;
  }

  get length(): number {
    return this.#errors.length;
  }

  push(error: ScpiError): void {
    if (this.#errors.length < this.#size) this.#errors.push(error);
    else this.#errors[this.#size - 1] = new ScpiError(-350);
  }

  /** Takes the oldest error, or `0,"No error"`. */
  shift(): ScpiError {
    return this.#errors.shift() ?? new ScpiError(0);
  }

  clear(): void {
    this.#errors.length = 0;
  }
}
