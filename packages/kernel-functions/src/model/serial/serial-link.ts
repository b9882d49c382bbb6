import type { GadgetEndpoint } from '@gadgetloom/udc';

/** The function's end of a serial port, while a host has configured it (struct gserial). */
export interface SerialLink {
  readonly in: GadgetEndpoint;
  readonly out: GadgetEndpoint;
  /** A program has the terminal open. */
  connect?(): void;
  /** No program has it open any more. */
  disconnect?(): void;
  /** The program begins or ends a break. */
  sendBreak?(on: boolean): void;
}
