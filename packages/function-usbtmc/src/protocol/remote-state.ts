/** Who controls the instrument: its front panel, or the host (USB488 1.0, 4.3; IEEE 488.1, RL1). */
export interface RemoteState {
  /** True: the host. */
  readonly remote: boolean;
  /** True: the front panel must not take the control back. */
  readonly lockout: boolean;
}

/** The remote/local function of an instrument. */
export class RemoteLocal {
  readonly #listeners = new Set<(state: RemoteState) => void>();
  #enabled = false;
  #state: RemoteState = { remote: false, lockout: false };
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  get state(): RemoteState {
    return this.#state;
  }

  /** REN_CONTROL. The device becomes remote with the next message, and local at once. */
  enable(on: boolean): void {
    this.#enabled = on;
    if (!on) this.#change({ remote: false, lockout: false });
  }

  /** A message has come. */
  addressed(): void {
    if (this.#enabled) this.#change({ ...this.#state, remote: true });
  }

  /** GO_TO_LOCAL. */
  goToLocal(): void {
    this.#change({ ...this.#state, remote: false });
  }

  /** LOCAL_LOCKOUT. @returns false if remote control is not enabled */
  lockOut(): boolean {
    if (this.#enabled) this.#change({ ...this.#state, lockout: true });
    return this.#enabled;
  }

  /** Calls back for each change. */
  onChange(listener: (state: RemoteState) => void): Disposable {
    const own = (state: RemoteState): void => listener(state);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  #change(state: RemoteState): void {
    if (state.remote === this.#state.remote && state.lockout === this.#state.lockout) return;
    this.#state = state;
    for (const listener of [...this.#listeners])
      try {
        listener(state);
      } catch (error) {
        this.#report(error);
      }
  }
}
