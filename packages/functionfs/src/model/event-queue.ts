import type { SetupPacket } from '@gadgetloom/udc';
import { EVENT_SIZE, EVENT_TYPES, type EventType, encodeEvent } from '../event.ts';

/**
 * State of the control request that was read as a SETUP event: there is none, it waits for its answer, or a later event
 * cancelled it.
 */
export type SetupState = 'none' | 'pending' | 'cancelled';

const POWER: readonly EventType[] = ['SUSPEND', 'RESUME'];
const ALL_BUT_POWER = EVENT_TYPES.filter((type) => !POWER.includes(type));

/** Events that a new one removes from the queue. It never holds more than four. Source: f_fs.c, __ffs_event_add. */
const REMOVED_BY: Readonly<Record<EventType, readonly EventType[]>> = {
  BIND: ALL_BUT_POWER,
  UNBIND: ALL_BUT_POWER,
  ENABLE: ALL_BUT_POWER,
  DISABLE: ALL_BUT_POWER,
  SETUP: ['SETUP'],
  SUSPEND: ['SUSPEND'],
  RESUME: ['RESUME', 'SUSPEND'],
};

const NO_SETUP: SetupPacket = { requestType: 0, request: 0, value: 0, index: 0, length: 0 };

/** The unread events of an instance, and its control request. */
export class EventQueue {
  setupState: SetupState = 'none';
  /** The latest control request. There is room for only one. */
  setup: SetupPacket = NO_SETUP;
  #types: EventType[] = [];
  readonly #added: (type: EventType) => void;

  /** @param added is told after each event */
  constructor(added: (type: EventType) => void) {
    this.#added = added;
  }

  /** Events to read. */
  get count(): number {
    return this.#types.length;
  }

  /** Types of the events, oldest first, for the trace and for tests. */
  get types(): readonly EventType[] {
    return this.#types;
  }

  add(type: EventType): void {
    if (this.setupState === 'pending') this.setupState = 'cancelled';
    const removed = REMOVED_BY[type];
    this.#types = this.#types.filter((queued) => !removed.includes(queued));
    this.#types.push(type);
    this.#added(type);
  }

  addSetup(setup: SetupPacket): void {
    this.setup = setup;
    this.add('SETUP');
  }

  /**
   * Returns the `count` oldest events as user space reads them. If one of them is a SETUP, the control request then
   * waits for its answer. Source: __ffs_ep0_read_events.
   */
  take(count: number, into: Uint8Array): number {
    const taken = this.#types.splice(0, count);
    taken.forEach((type, n) => {
      into.set(encodeEvent(type === 'SETUP' ? { type, setup: this.setup } : { type }), n * EVENT_SIZE);
      if (type === 'SETUP') this.setupState = 'pending';
    });
    return taken.length * EVENT_SIZE;
  }

  /** True once after the control request was cancelled (ffs_setup_state_clear_cancelled). */
  clearCancelled(): boolean {
    if (this.setupState !== 'cancelled') return false;
    this.setupState = 'none';
    return true;
  }

  reset(): void {
    this.#types = [];
    this.setupState = 'none';
  }
}
