/**
 * A driver broke a rule of the kernel's internal interfaces: a lock not held, a fence signaled out of turn, a counter
 * below zero. The kernel would stop with a BUG, a WARN or a lockdep report. It is a bug in the exporter or importer
 * that made the call, never an answer to the user: for those see KernelError.
 */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
  /** The kernel function whose rule was broken: `'dma_resv_add_fence'`. */
  readonly operation: string;

  constructor(operation: string, rule: string) {
    super(`${operation}: ${rule}`);
    this.operation = operation;
  }
}
