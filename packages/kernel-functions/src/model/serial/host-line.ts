import { decodeLineCoding, type LineCoding } from '@gadgetloom/usb-classes/cdc-acm';
import type { ControlLines, LineChange, SerialLine } from '../../serial/serial-port.ts';

/**
 * What a host does with the line of an `acm` function. Linux keeps it inside the function; the simulation also tells the
 * program.
 */
export class HostLine implements SerialLine {
  lineCoding: LineCoding | undefined = undefined;
  controlLines: ControlLines = { dtr: false, rts: false };
  readonly #listeners = new Set<(change: LineChange) => void>();

  onChange(listener: (change: LineChange) => void): Disposable {
    const own = (change: LineChange): void => listener(change);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** SET_LINE_CODING. */
  setLineCoding(bytes: Uint8Array): void {
    this.lineCoding = decodeLineCoding(bytes);
    this.#tell({ type: 'line-coding', lineCoding: this.lineCoding });
  }

  /** SET_CONTROL_LINE_STATE. */
  setControlLines(bits: number): void {
    this.controlLines = { dtr: (bits & 1) !== 0, rts: (bits & 2) !== 0 };
    this.#tell({ type: 'control-lines', controlLines: this.controlLines });
  }

  /** SEND_BREAK. */
  sendBreak(duration: number): void {
    this.#tell({ type: 'break', duration });
  }

  #tell(change: LineChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
