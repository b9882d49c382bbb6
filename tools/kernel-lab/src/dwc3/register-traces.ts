import type { RegisterSpace } from '@gadgetloom/backend-dwc3/hardware';
import { RegisterTrace } from './register-trace.ts';

/** The trace of the registers that Linux's driver writes, if somebody in the guest has asked for it. */
export class RegisterTraces {
  #registers: RegisterSpace | undefined;
  #trace: RegisterTrace | undefined;

  /** The register interface that the driver uses. */
  of(registers: RegisterSpace): RegisterSpace {
    this.#registers = registers;
    return {
      read: (offset) => registers.read(offset),
      write: (offset, value) => (this.#trace ?? registers).write(offset, value),
    };
  }

  async start(): Promise<void> {
    if (this.#registers !== undefined) this.#trace = new RegisterTrace(this.#registers);
  }

  /** The writes since {@link start}. */
  async stop(): Promise<readonly string[]> {
    const writes = this.#trace?.writes ?? [];
    this.#trace = undefined;
    return writes;
  }
}
