import { InputError } from '@gadgetloom/core';
import type { FunctionContext } from '@gadgetloom/gadget';
import {
  decodeReport,
  encodeReport,
  findReport,
  type HidControl,
  IdleTimers,
  longestReport,
  type ReportLayout,
  type ReportType,
  type ReportValues,
} from '@gadgetloom/usb-classes/hid';

/** A report that the host sent. */
export interface HidReport {
  readonly type: 'output' | 'feature';
  /** The report id; 0 in devices without report ids. */
  readonly id: number;
  /** The report without its id. */
  readonly bytes: Uint8Array;
  /** What the report says, by name: `{ leds: [2] }`. */
  readonly values: ReportValues;
}
/** Gets a report of the host. */
export type ReportListener = (report: HidReport) => unknown;
/** A report by its values, or by its bytes without the id. */
export type ReportContent = ReportValues | Uint8Array;
/** Gives the feature report that the host asks for. */
export type FeatureProvider = (id: number) => ReportContent | Promise<ReportContent>;

/** A HID device, as the program has it. `stack.function(NAME)` gives it. */
export class HidDevice {
  readonly #fn: FunctionContext;
  readonly #control: HidControl;
  readonly #timers: IdleTimers;
  readonly #listeners = { output: new Set<ReportListener>(), feature: new Set<ReportListener>() };
  readonly #longest: number;
  #provider: FeatureProvider | undefined;
  #queued = 0;

  /** @internal */
  constructor(fn: FunctionContext, control: HidControl) {
    this.#fn = fn;
    this.#control = control;
    this.#longest = longestReport(control.description, 'input');
    this.#timers = new IdleTimers(
      fn.clock,
      (id) => control.idle(id),
      (id) => this.#repeat(id),
    );
  }

  /** `'boot'` while a BIOS uses the device. */
  get protocol(): 'boot' | 'report' {
    return this.#control.protocol;
  }

  /** True while a host has enabled the device. */
  get enabled(): boolean {
    return this.#fn.enabled;
  }

  /**
   * Sends an input report, and resolves when the host has taken it. Reports queue, and wait until a host has enabled the
   * device. Values that are not named are 0.
   *
   * @param id the report id; the first input report of the descriptor unless given
   * @throws InputError there is no such report, or a value is not in it or out of range
   * @throws KernelError ESHUTDOWN the stack is closing. Nobody has to catch it.
   */
  send(content: ReportContent, id?: number): Promise<void> {
    const report = this.#report('input', id);
    const bytes = contentBytes(report, content);
    this.#control.keep(report, bytes);
    const sent = this.#transmit(report);
    // A report that nobody waits for does not end the program.
    sent.catch(() => {});
    return sent;
  }

  /** Sets the feature report that hosts read, until a host writes it. @throws InputError as {@link send} */
  setFeature(content: ReportContent, id?: number): void {
    const report = this.#report('feature', id);
    this.#control.keep(report, contentBytes(report, content));
  }

  /** Sets who gives feature reports when a host asks for one. If it throws, the request is stalled. */
  provideFeature(provider: FeatureProvider): void {
    this.#provider = provider;
  }

  /** Calls back for each output report of the host, such as the LEDs of a keyboard. */
  onOutput(listener: ReportListener): Disposable {
    return this.#listen('output', listener);
  }

  /** Calls back for each feature report that the host writes. */
  onFeature(listener: ReportListener): Disposable {
    return this.#listen('feature', listener);
  }

  /** Fetches the feature report that the host asks for. @internal */
  async beforeFeature(id: number): Promise<void> {
    const report = findReport(this.#control.description, 'feature', id);
    if (report !== undefined && this.#provider !== undefined)
      this.#control.keep(report, contentBytes(report, await this.#provider(id)));
  }

  /** Takes a report of the host. @internal */
  received(type: 'output' | 'feature', wire: Uint8Array): void {
    const taken = this.#control.fromWire(type, wire);
    if (taken === undefined) {
      this.#fn.tell(`ignored ${wire.length} bytes: the device has no such ${type} report`);
      return;
    }
    const { report, bytes } = taken;
    const values = decodeReport(report, bytes);
    this.#fn.tell(`${type} report ${JSON.stringify(values)}`);
    for (const listener of [...this.#listeners[type]]) {
      try {
        const outcome = listener({ type, id: report.id, bytes, values });
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#fn.report(error));
      } catch (error) {
        this.#fn.report(error);
      }
    }
  }

  /** The host has set the idle rate of a report, or of all. @internal */
  idleChanged(id: number): void {
    for (const report of this.#control.description.reports)
      if (report.type === 'input' && (id === 0 || id === report.id)) this.#timers.sent(report.id);
  }

  /** The host has enabled or disabled the device. @internal */
  changed(enabled: boolean): void {
    this.#timers.stop();
    this.#control.reset();
    if (enabled && this.#queued === 0) this.idleChanged(0);
  }

  /** @internal */
  close(): void {
    this.#timers.stop();
  }

  async #transmit(report: ReportLayout): Promise<void> {
    const wire = this.#control.toWire(report, this.#control.latest(report));
    this.#queued++;
    try {
      // The host ends a transfer when it has the longest report; a shorter one ends with a short packet.
      await this.#fn.endpoint('input').send(wire, { end: wire.length < this.#longest });
    } finally {
      this.#queued--;
    }
    if (this.#fn.enabled) this.#timers.sent(report.id);
  }

  #repeat(id: number): void {
    if (!this.#fn.enabled) return;
    if (this.#queued > 0) this.#timers.sent(id);
    else this.#transmit(this.#report('input', id)).catch(() => {});
  }

  #listen(type: 'output' | 'feature', listener: ReportListener): Disposable {
    const own: ReportListener = (report) => listener(report);
    this.#listeners[type].add(own);
    return { [Symbol.dispose]: () => void this.#listeners[type].delete(own) };
  }

  #report(type: ReportType, id: number | undefined): ReportLayout {
    const { description } = this.#control;
    const all = description.reports.filter((report) => report.type === type);
    const found = id === undefined ? all[0] : findReport(description, type, id);
    if (found !== undefined) return found;
    const ids = all.map((report) => report.id).join(', ');
    throw new InputError(
      `function "${this.#fn.name}" has no ${type} report${id === undefined ? '' : ` ${id}`}. ${ids === '' ? `The report descriptor declares no ${type} report` : `It has ${ids}`}.`,
    );
  }
}

function contentBytes(report: ReportLayout, content: ReportContent): Uint8Array {
  if (!(content instanceof Uint8Array)) return encodeReport(report, content);
  if (content.length === report.bytes) return content;
  throw new InputError(
    `the ${report.type} report has ${report.bytes} bytes without its id, and ${content.length} were given.`,
  );
}
