import { RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { BOOT_REPORT_BYTES, type BootDevice, HidDescriptorType, HidRequest, type ReportType } from './hid-numbers.ts';
import { reportType } from './parse-report-descriptor.ts';
import { findReport, type HidDescription, type ReportLayout } from './report-layout.ts';

/** What a HID device does with a control request. */
export type HidDecision =
  /** Answers with these bytes. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Takes a report of at most `length` bytes; then {@link HidControl.receive} decides. */
  | { readonly kind: 'receive'; readonly length: number; readonly report: ReportLayout }
  /** Accepts a request without data. */
  | { readonly kind: 'accept' }
  /** Stalls. */
  | { readonly kind: 'refuse' };

/** What differs between HID devices. */
export interface HidControlOptions {
  readonly description: HidDescription;
  /** The device of the boot protocol, if it speaks it. */
  readonly boot?: BootDevice | undefined;
  /** The HID descriptor, for hosts that ask for it alone. They are refused without it. */
  readonly hidDescriptor?: Uint8Array;
  /** Idle rate in 4 ms before a host sets one, 0 to 255; 0, which is for ever, unless given. */
  readonly idle?: number;
  /** The host has set the idle rate of a report in 4 ms; report 0 stands for all. */
  readonly idleChanged?: (id: number, rate: number) => void;
}

const REFUSE: HidDecision = { kind: 'refuse' };
const ACCEPT: HidDecision = { kind: 'accept' };
const CLASS_OUT = RequestType.CLASS | RequestType.INTERFACE;
const CLASS_IN = CLASS_OUT | USB_DIR_IN;
const STANDARD_IN = USB_DIR_IN | RequestType.INTERFACE;
const GET_DESCRIPTOR = 6;
/** Values of the protocol (HID 1.11, 7.2.5). */
const Protocol = { BOOT: 0, REPORT: 1 } as const;

/**
 * The control requests of a HID device (HID 1.11, section 7), and what they tell and set: the latest reports, the idle
 * rates and the protocol. It does no I/O.
 */
export class HidControl {
  readonly #options: HidControlOptions;
  readonly #reports = new Map<ReportLayout, Uint8Array>();
  readonly #idle = new Map<number, number>();
  #protocol: number = Protocol.REPORT;

  constructor(options: HidControlOptions) {
    this.#options = options;
  }

  get description(): HidDescription {
    return this.#options.description;
  }

  /** `'boot'` while a BIOS uses the device. */
  get protocol(): 'boot' | 'report' {
    return this.#protocol === Protocol.BOOT ? 'boot' : 'report';
  }

  /** Idle rate of a report in 4 ms; 0: the report is sent when it changes, and never by itself. */
  idle(id: number): number {
    return this.#idle.get(id) ?? this.#options.idle ?? 0;
  }

  /** The latest report without its id; zeros if there was none. */
  latest(report: ReportLayout): Uint8Array {
    return this.#reports.get(report)?.slice() ?? new Uint8Array(report.bytes);
  }

  /** Keeps a report, without its id: GET_REPORT gives it from now on. */
  keep(report: ReportLayout, bytes: Uint8Array): void {
    const kept = new Uint8Array(report.bytes);
    kept.set(bytes.subarray(0, report.bytes));
    this.#reports.set(report, kept);
  }

  /** A report as it goes to the host: with its id, if there are ids; in the boot protocol, cut to the boot report. */
  toWire(report: ReportLayout, bytes: Uint8Array): Uint8Array {
    const { boot, description } = this.#options;
    if (report.type === 'input' && boot !== undefined && this.protocol === 'boot')
      return bytes.slice(0, BOOT_REPORT_BYTES[boot]);
    return description.usesIds ? Uint8Array.of(report.id, ...bytes) : bytes.slice();
  }

  /**
   * A report as the host sent it, over the OUT endpoint or with SET_REPORT.
   *
   * @returns `undefined` if there is no such report, or if it is longer than it should be. Bytes that are missing are 0.
   */
  fromWire(type: ReportType, wire: Uint8Array): { report: ReportLayout; bytes: Uint8Array } | undefined {
    const { usesIds } = this.description;
    const report = findReport(this.description, type, usesIds ? (wire[0] ?? 0) : 0);
    const sent = usesIds ? wire.subarray(1) : wire;
    if (report === undefined || wire.length === 0 || sent.length > report.bytes) return undefined;
    this.keep(report, sent);
    return { report, bytes: this.latest(report) };
  }

  /** Decides on a request to the interface. */
  setup(packet: SetupPacket): HidDecision {
    const { requestType, request, length } = packet;
    if (requestType === STANDARD_IN && request === GET_DESCRIPTOR) return this.#descriptor(packet);
    if (requestType === CLASS_IN) {
      const bytes = this.#get(packet);
      return bytes === undefined ? REFUSE : { kind: 'send', bytes: bytes.slice(0, length) };
    }
    return requestType === CLASS_OUT ? this.#set(packet) : REFUSE;
  }

  /** Forgets what a host has set: it has reset the device. */
  reset(): void {
    this.#protocol = Protocol.REPORT;
    this.#idle.clear();
  }

  #descriptor({ value, length }: SetupPacket): HidDecision {
    const { description, hidDescriptor } = this.#options;
    if (value === HidDescriptorType.REPORT << 8)
      return { kind: 'send', bytes: description.descriptor.slice(0, length) };
    if (value === HidDescriptorType.HID << 8 && hidDescriptor !== undefined)
      return { kind: 'send', bytes: hidDescriptor.slice(0, length) };
    return REFUSE;
  }

  #get({ request, value }: SetupPacket): Uint8Array | undefined {
    const id = value & 0xff;
    if (request === HidRequest.GET_REPORT) {
      const report = this.#report(value);
      return report && this.toWire(report, this.latest(report));
    }
    if (request === HidRequest.GET_IDLE && this.#hasInput(id)) return Uint8Array.of(this.idle(id));
    if (request === HidRequest.GET_PROTOCOL && this.#options.boot !== undefined) return Uint8Array.of(this.#protocol);
    return undefined;
  }

  #set({ request, value, length }: SetupPacket): HidDecision {
    if (request === HidRequest.SET_REPORT) {
      const report = this.#report(value);
      if (report === undefined || report.type === 'input') return REFUSE;
      const most = report.bytes + (this.description.usesIds ? 1 : 0);
      return length > 0 && length <= most ? { kind: 'receive', length, report } : REFUSE;
    }
    if (length > 0) return REFUSE;
    if (request === HidRequest.SET_IDLE) return this.#setIdle(value & 0xff, value >> 8);
    if (request === HidRequest.SET_PROTOCOL && this.#options.boot !== undefined && value <= Protocol.REPORT) {
      this.#protocol = value;
      return ACCEPT;
    }
    return REFUSE;
  }

  #setIdle(id: number, rate: number): HidDecision {
    if (!this.#hasInput(id)) return REFUSE;
    const ids = id === 0 ? [0, ...this.#inputs().map((report) => report.id)] : [id];
    for (const each of ids) this.#idle.set(each, rate);
    this.#options.idleChanged?.(id, rate);
    return ACCEPT;
  }

  #inputs(): ReportLayout[] {
    return this.description.reports.filter(({ type }) => type === 'input');
  }

  #hasInput(id: number): boolean {
    return id === 0 || this.#inputs().some((report) => report.id === id);
  }

  #report(value: number): ReportLayout | undefined {
    const type = reportType(value >> 8);
    return type && findReport(this.description, type, value & 0xff);
  }
}
