import type { Clock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { BusDevice, UsbBus } from '@gadgetloom/udc/bus';
import { ScriptMismatch, type ScriptStep } from './script-step.ts';

/** The options of a {@link ScriptedHost}. */
export interface ScriptedHostOptions {
  readonly clock: Clock;
  /** The steps to play; see {@link inOrder} and {@link anyOrder}. */
  readonly script: ScriptStep;
  /** Fastest speed of the host; `'super'` by default. */
  readonly maxSpeed?: UsbSpeed;
}

/**
 * A host that does what a script says and nothing else: for tests of gadgets and controllers that want to decide about
 * every transfer on the bus. It starts when a device connects, and goes on whenever the device is ready.
 *
 * @example
 * const host = new ScriptedHost({ clock, script: inOrder(resets(), reads(0x81, expected)) });
 * const controller = new MockController(new Board({ name: 'dummy_udc.0', clock, bus: host }));
 * // bind a gadget, then:
 * await host.done(SECOND);
 */
export class ScriptedHost implements UsbBus {
  readonly maxSpeed: UsbSpeed;
  readonly #clock: Clock;
  readonly #script: ScriptStep;
  #device: BusDevice | undefined;
  #failure: ScriptMismatch | undefined;
  #scheduled = false;
  #settled: (() => void)[] = [];

  constructor(options: ScriptedHostOptions) {
    this.#clock = options.clock;
    this.#script = options.script;
    this.maxSpeed = options.maxSpeed ?? 'super';
  }

  /** Descriptions of the outstanding steps. */
  get outstanding(): readonly string[] {
    return this.#script.outstanding;
  }

  /**
   * Waits until the script has been played to its end.
   *
   * @param timeout nanoseconds; no limit by default
   * @throws ScriptMismatch the device did something else, left, or did not do everything in time
   */
  async done(timeout?: number): Promise<void> {
    if (!this.#over)
      await new Promise<void>((resolve) => {
        const timer = timeout === undefined ? undefined : this.#clock.setTimer(timeout, resolve);
        this.#settled.push(() => {
          timer?.cancel();
          resolve();
        });
      });
    if (this.#failure !== undefined) throw this.#failure;
    if (this.outstanding.length > 0) throw new ScriptMismatch(`Still to happen: ${this.outstanding.join('; ')}.`);
  }

  connect(device: BusDevice, _speed: UsbSpeed): void {
    this.#device = device;
    this.#schedule();
  }

  /** Called when the cable is pulled or the gadget has switched its pull-up off. */
  disconnect(device: BusDevice): void {
    if (this.#device !== device) return;
    this.#device = undefined;
    if (this.#over) return;
    this.#fail(new ScriptMismatch(`The device left; still to happen: ${this.outstanding.join('; ')}.`));
  }

  ready(_address: number): void {
    this.#schedule();
  }

  get #over(): boolean {
    return this.#failure !== undefined || this.outstanding.length === 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(this.#play);
  }

  readonly #play = (): void => {
    this.#scheduled = false;
    while (this.#device !== undefined && !this.#over) {
      try {
        if (!this.#script.play(this.#device)) return;
      } catch (mismatch) {
        if (!(mismatch instanceof ScriptMismatch)) throw mismatch;
        this.#fail(mismatch);
      }
    }
    if (this.#over) this.#settle();
  };

  #fail(mismatch: ScriptMismatch): void {
    this.#failure = mismatch;
    this.#settle();
  }

  #settle(): void {
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }
}
