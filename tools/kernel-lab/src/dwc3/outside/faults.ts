import type { BoardFaults } from '@gadgetloom/simulated-board';

/** The faults of the DWC3, as programs in the guest ask for them. */
export class Faults {
  readonly #faults: BoardFaults;

  constructor(faults: BoardFaults) {
    this.#faults = faults;
  }

  /** The next interrupts arrive `by` nanoseconds late. */
  async lateInterrupt(by: number, times: number): Promise<void> {
    this.#faults.lateInterrupt({ by, times });
  }

  /** An event does not get into the ring, after that many transfers. */
  async loseEvent(afterTransfers: number): Promise<void> {
    this.#faults.loseEvent({ after: { transfers: afterTransfers } });
  }

  /** An access to memory fails. */
  async dmaError(endpoint: 'in' | 'out'): Promise<void> {
    this.#faults.dmaError({ endpoint });
  }

  /** The cable is pulled after that many packets of an endpoint. */
  async disconnectAfter(packets: number, endpoint: number): Promise<void> {
    this.#faults.disconnectAfter({ packets }, { endpoint });
  }

  async reconnect(): Promise<void> {
    this.#faults.reconnect();
  }

  /** Takes back what has not happened yet. Gives how many those were. */
  async clear(): Promise<number> {
    const { length } = this.#faults.pending;
    this.#faults.clear();
    return length;
  }
}
