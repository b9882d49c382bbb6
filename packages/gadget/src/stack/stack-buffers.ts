import { KernelError } from '@gadgetloom/core';
import type { DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import { type AllocateBuffers, BufferSet } from './buffer-set.ts';

/** All sets of buffers of a stack. */
export class StackBuffers {
  readonly #exporter: DmaBufExporter;
  readonly #release: (buffer: DmaBuf) => void;
  readonly #sets = new Set<BufferSet>();
  #closed = false;

  /** @param release detaches a buffer from every endpoint of the stack */
  constructor(exporter: DmaBufExporter, release: (buffer: DmaBuf) => void) {
    this.#exporter = exporter;
    this.#release = release;
  }

  /**
   * @throws InputError count or size is not a whole number from 1 on
   * @throws KernelError ENOMEM, EMFILE: the exporter has no room for them; ESHUTDOWN: the stack is closing
   */
  allocate(options: AllocateBuffers): BufferSet {
    if (this.#closed) throw new KernelError('ESHUTDOWN', 'allocate', 'the stack is closing.');
    const set: BufferSet = new BufferSet(this.#exporter, options, this.#release, () => this.#sets.delete(set));
    this.#sets.add(set);
    return set;
  }

  /** Allocates nothing more. */
  stop(): void {
    this.#closed = true;
  }

  /** @throws the errors of buffers that could not be closed; all others are closed */
  async close(): Promise<void> {
    this.stop();
    const results = await Promise.allSettled([...this.#sets].map((set) => set.close()));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Buffers could not be closed.');
  }
}
