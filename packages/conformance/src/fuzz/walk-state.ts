/** What a walk knows of the gadget while it is made: enough to do things that are possible, most of the time. */
export class WalkState {
  readonly #random: () => number;
  readonly operations: string[] = [];
  readonly buffers: string[] = [];
  readonly fences: string[] = [];
  /** Background operations that have to be joined. */
  readonly running: number[] = [];
  bound = false;
  /** How many requests each endpoint may have queued, at most. */
  readonly #queued = new Map<string, number>();
  readonly #busy = new Set<string>();
  #fences = 0;
  #started = 0;

  /** @param random 0 to 1, without 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  do(operation: string): void {
    this.operations.push(operation);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Mostly a buffer; sometimes a sync file or nothing. */
  anyBuffer(): string {
    return this.chance(0.97) ? this.pick(this.buffers) : this.pick(['none', ...this.fences]);
  }

  newFence(): string {
    const name = `f${this.#fences++}`;
    this.fences.push(name);
    return name;
  }

  /** One more request on an endpoint, perhaps. */
  queued(endpoint: string): string {
    this.#queued.set(endpoint, (this.#queued.get(endpoint) ?? 0) + 1);
    return endpoint;
  }

  /** Everything that was queued is over. */
  emptied(): void {
    this.#queued.clear();
    this.#busy.clear();
  }

  /** A read or write is on its way: what closing the file does to it depends on who waits for it, a thread or nobody. */
  busy(endpoint: string): string {
    this.#busy.add(endpoint);
    return this.queued(endpoint);
  }

  isBusy(endpoint: string): boolean {
    return this.#busy.has(endpoint);
  }

  /** Whether cancelling a request of this endpoint can touch another. */
  crowded(endpoint: string): boolean {
    return (this.#queued.get(endpoint) ?? 0) > 1;
  }

  /** Starts an operation in the background. */
  start(operation: string): void {
    const key = this.#started++;
    this.running.push(key);
    this.do(`bg ${key} ${operation}`);
  }
}
