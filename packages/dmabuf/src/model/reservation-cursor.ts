import type { Fence } from './fence.ts';
import type { Reservation } from './reservation.ts';
import type { ReservationSlots } from './reservation-slots.ts';
import { Usage } from './usage.ts';

/**
 * Walks the fences of a reservation (struct dma_resv_iter), up to a usage class, in the order of the slots. The locked
 * walk gives signaled fences too. The unlocked one leaves them out, and starts again when the reservation got new slots.
 */
export class ReservationCursor {
  readonly #reservation: Reservation;
  readonly #usage: Usage;
  #slots: ReservationSlots | undefined = undefined;
  #count = 0;
  #next = 0;
  /** The class of the fence that was given last. */
  usage: Usage = Usage.KERNEL;
  /** True if the fence that was given last is the first of a new start. */
  restarted = false;

  constructor(reservation: Reservation, usage: Usage) {
    this.#reservation = reservation;
    this.#usage = usage;
  }

  /** Starts the locked walk. @throws ContractViolation the reservation is not locked */
  first(): Fence | undefined {
    this.#reservation.assertHeld('dma_resv_iter_first');
    this.#slots = this.#reservation.slots;
    this.#next = 0;
    const fence = this.next();
    this.restarted = true;
    return fence;
  }

  /** @throws ContractViolation the reservation is not locked */
  next(): Fence | undefined {
    this.#reservation.assertHeld('dma_resv_iter_next');
    this.restarted = false;
    const slots = this.#slots;
    while (slots !== undefined && this.#next < slots.count) {
      const at = this.#next++;
      this.usage = slots.usages[at]!;
      if (this.usage <= this.#usage) return slots.fences[at];
    }
    return undefined;
  }

  /** Starts the unlocked walk. */
  firstUnlocked(): Fence | undefined {
    this.#restart();
    return this.#walk();
  }

  /**
   * The next fence that has not signaled; from the start again if the reservation was changed meanwhile
   * (dma_resv_iter_next_unlocked).
   */
  nextUnlocked(): Fence | undefined {
    this.restarted = false;
    if (this.#reservation.slots !== this.#slots) this.#restart();
    return this.#walk();
  }

  #restart(): void {
    this.#slots = this.#reservation.slots;
    this.#count = this.#slots?.count ?? 0;
    this.#next = 0;
    this.restarted = true;
  }

  #walk(): Fence | undefined {
    const slots = this.#slots;
    while (slots !== undefined && this.#next < this.#count) {
      const at = this.#next++;
      const fence = slots.fences[at]!;
      this.usage = slots.usages[at]!;
      if (this.usage <= this.#usage && !fence.isSignaled()) return fence;
    }
    return undefined;
  }
}
