import { InputError } from '@gadgetloom/core';
import {
  type Behaves,
  defineFunction,
  FUNCTION_KIND,
  type FunctionContext,
  type FunctionRequest,
  type InterruptEndpoint,
  interrupt,
  type ProgramFunction,
} from '@gadgetloom/gadget';
import {
  BOOT_PROTOCOLS,
  BOOT_REPORT_BYTES,
  type BootDevice,
  findReport,
  HidControl,
  type HidDescription,
  HidRequest,
  longestReport,
  parseReportDescriptor,
} from '@gadgetloom/usb-classes/hid';
import { HidDevice } from './hid-device.ts';
import { Keyboard } from './keyboard.ts';
import { Mouse } from './mouse.ts';
import {
  type CheckedHidOptions,
  type HidOptions,
  hidOptions,
  type KeyboardOptions,
  type MouseOptions,
  reportsOf,
} from './options.ts';

const BOOT_SUBCLASS = 1;
const IDLE_UNIT = 4;
const MAX_PACKET = 1024;
const FEATURE = 3;

/** A HID interface, with its endpoints by name. */
export interface HidFunction extends ProgramFunction {
  readonly endpoints: {
    readonly input: InterruptEndpoint & { readonly direction: 'in' };
    /** With `outputEndpoint` alone. */
    readonly output?: InterruptEndpoint & { readonly direction: 'out' };
  };
}

/** Makes a HID device from its options; the type of the device follows from them. */
export interface HidMaker {
  /** A keyboard: `stack.function('keys').press('a')`. @throws InputError the options are wrong */
  (options: KeyboardOptions): HidFunction & Behaves<Keyboard>;
  /** A mouse: `stack.function('pointer').move(10, 0)`. @throws InputError the options are wrong */
  (options: MouseOptions): HidFunction & Behaves<Mouse>;
  /** Any other device: `stack.function('pad').send({ x: 3, buttons: [1] })`. @throws InputError the options are wrong */
  (options: HidOptions): HidFunction & Behaves<HidDevice>;
  readonly [FUNCTION_KIND]: string;
}

/**
 * A HID device (HID 1.11): a keyboard, a mouse, a game pad, or any other by its report descriptor.
 *
 * @example
 * const gadget = defineGadget({ vendorId, productId, functions: { keys: hid(keyboard()) } });
 * await stack.function('keys').type('hello');
 */
export const hid: HidMaker = defineFunction({
  kind: 'hid',
  options: hidOptions,
  describe(options): ProgramFunction {
    const { descriptor, boot } = reportsOf(options);
    const description = checked(descriptor, boot);
    const endpoint = (length: number) => ({
      packetSize: Math.min(Math.max(1, length), MAX_PACKET),
      interval: options.interval,
      full: { packetSize: Math.min(Math.max(1, length), 64), interval: Math.max(1, options.interval) },
    });
    const output = longestReport(description, 'output');
    return {
      class: 3,
      subclass: boot === undefined ? 0 : BOOT_SUBCLASS,
      protocol: boot === undefined ? 0 : BOOT_PROTOCOLS[boot],
      ...(options.name !== undefined && { description: options.name }),
      hid: { reportDescriptor: descriptor },
      endpoints: {
        input: interrupt.in(endpoint(longestReport(description, 'input'))),
        ...(options.outputEndpoint && { output: interrupt.out(endpoint(output)) }),
      },
    };
  },
  start: (fn, options): HidDevice => startDevice(fn, options),
}) as HidMaker;

function startDevice(fn: FunctionContext, options: CheckedHidOptions): HidDevice {
  const { descriptor, boot } = reportsOf(options);
  const control = new HidControl({
    description: parseReportDescriptor(descriptor),
    boot,
    hidDescriptor: hidDescriptor(descriptor),
    idle: options.idle / IDLE_UNIT,
    idleChanged: (id) => device.idleChanged(id),
  });
  const device = makeDevice(options, fn, control);
  const answer = async (request: FunctionRequest) => {
    const { setup } = request;
    if (request.type === 'class' && setup.request === HidRequest.GET_REPORT && setup.value >> 8 === FEATURE)
      await device.beforeFeature(setup.value & 0xff);
    const decision = control.setup(setup);
    if (decision.kind === 'send') return decision.bytes;
    if (decision.kind !== 'receive') return decision.kind === 'accept';
    const { type } = decision.report;
    const data = await request.data();
    if (type !== 'input') device.received(type, data);
    return true;
  };
  fn.onRequest({ type: 'class' }, answer);
  fn.onRequest({ type: 'standard', direction: 'in' }, answer);
  if (options.outputEndpoint) {
    const size = Math.max(1, longestReport(control.description, 'output'));
    fn.whileEnabled(async (session) => {
      for await (const report of session.transfers('output', { size })) device.received('output', report);
    });
  }
  fn.onEnabled((enabled) => device.changed(enabled));
  fn.onClose(() => device.close());
  return device;
}

function makeDevice({ device }: CheckedHidOptions, fn: FunctionContext, control: HidControl): HidDevice {
  if (device === 'keyboard') return new Keyboard(fn, control);
  if (device === 'mouse') return new Mouse(fn, control);
  return new HidDevice(fn, control);
}

/** Checks what the parser cannot know. */
function checked(descriptor: Uint8Array, boot: BootDevice | undefined): HidDescription {
  const description = parseReportDescriptor(descriptor);
  if (boot === undefined) return description;
  const report = findReport(description, 'input', 0);
  if (report !== undefined && report.bytes >= BOOT_REPORT_BYTES[boot]) return description;
  throw new InputError(
    `boot: the reports of a boot ${boot} have no ids, and its input report has at least ${BOOT_REPORT_BYTES[boot]} bytes. ${
      report === undefined ? 'This one has ids, or no input report.' : `This one has ${report.bytes} bytes.`
    }`,
  );
}

/** The HID descriptor (HID 1.11, 6.2.1), as the gadget has it between its interface and its endpoints. */
function hidDescriptor({ length }: Uint8Array): Uint8Array {
  return Uint8Array.of(9, 0x21, 0x11, 0x01, 0, 1, 0x22, length & 0xff, length >> 8);
}
