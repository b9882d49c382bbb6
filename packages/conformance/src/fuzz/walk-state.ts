/** What a walk knows of the gadget while it is made: enough to do things that are possible, most of the time. */
export class WalkState {
  readonly #random: () => number;
  readonly operations: string[] = [];
  readonly buffers: string[] = [];
  readonly fences: string[] = [];
  /** Background operations that have to be joined. */
  readonly running: number[] = [];
  bound = false;
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

  /** Starts an operation in the background. */
  start(operation: string): void {
    const key = this.#started++;
    this.running.push(key);
    this.do(`bg ${key} ${operation}`);
  }
}
