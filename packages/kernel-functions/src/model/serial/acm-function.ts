import { KernelError } from '@gadgetloom/core';
import {
  type ClaimedEndpoint,
  type DescriptorSpeed,
  type FunctionBinding,
  type SetupPacket,
  type UsbFunction,
  UsbRequest,
} from '@gadgetloom/udc';
import { AcmControl, LINE_CODING_SIZE, SerialState } from '@gadgetloom/usb-classes/cdc-acm';
import { ACM_STRINGS, type AcmNumbers, acmDescriptors, notifyEndpoint } from './acm-descriptors.ts';
import { AcmNotifier } from './acm-notifier.ts';
import { attempt, bulk, claim, configureOnce, describes } from './endpoint-set.ts';
import type { GsPort } from './gs-port.ts';
import type { HostLine } from './host-line.ts';
import type { SerialLink } from './serial-link.ts';

/** Language of the kernel's strings: US English. */
const ENGLISH = 0x409;
const CARRIER = SerialState.DSR | SerialState.DCD;

/** What binding gives an `acm` function. */
interface Bound {
  readonly binding: FunctionBinding;
  readonly numbers: AcmNumbers;
  readonly notify: ClaimedEndpoint;
  readonly notifier: AcmNotifier;
  readonly link: SerialLink;
}

/** A CDC ACM serial port in a configuration (struct f_acm). Source: drivers/usb/gadget/function/f_acm.c. */
export class AcmFunction implements UsbFunction {
  readonly name: string;
  readonly #port: GsPort;
  readonly #protocol: number;
  readonly #control: AcmControl;
  readonly #request = new UsbRequest();
  #bound: Bound | undefined;
  #state = 0;

  constructor(name: string, port: GsPort, protocol: number, line: HostLine) {
    this.name = name;
    this.#port = port;
    this.#protocol = protocol;
    this.#control = new AcmControl(
      {
        lineCoding: (bytes) => line.setLineCoding(bytes),
        controlLines: (bits) => line.setControlLines(bits),
        sendBreak: (duration) => {
          line.sendBreak(duration);
          this.#sendBreak(duration !== 0);
        },
      },
      { refusesBreak: true },
    );
  }

  bind(binding: FunctionBinding): void {
    const strings = binding.strings([{ language: ENGLISH, strings: ACM_STRINGS }]);
    const control = binding.interfaceId();
    const data = binding.interfaceId();
    const bulkIn = claim(binding, this.name, bulk(0x80, 'full'));
    const bulkOut = claim(binding, this.name, bulk(0, 'full'));
    const notify = claim(binding, this.name, notifyEndpoint(0x80, 'full'));
    const addresses = { in: bulkIn.address, out: bulkOut.address, notify: notify.address };
    this.#bound = {
      binding,
      numbers: { control, data, protocol: this.#protocol, strings, ...addresses },
      notify,
      notifier: new AcmNotifier(notify.endpoint, control, () => this.#state),
      link: {
        in: bulkIn.endpoint,
        out: bulkOut.endpoint,
        connect: () => this.#setState(this.#state | CARRIER),
        disconnect: () => this.#setState(this.#state & ~CARRIER),
        sendBreak: (on) => this.#sendBreak(on),
      },
    };
  }

  unbind(): void {
    this.#bound = undefined;
  }

  descriptors(speed: DescriptorSpeed): Uint8Array | undefined {
    const bound = this.#bound;
    return bound && describes(bound.binding, speed) ? acmDescriptors(bound.numbers, speed) : undefined;
  }

  /** acm_set_alt. @throws KernelError EINVAL not its interface, or an endpoint cannot be configured */
  setAlternate(interfaceNumber: number): number {
    const { binding, numbers, notify, link } = this.#expectBound(`set_alt ${this.name}`);
    if (interfaceNumber === numbers.control) {
      notify.endpoint.disable();
      configureOnce(binding, notify.endpoint);
      attempt(() => notify.endpoint.enable());
    } else if (interfaceNumber === numbers.data) {
      if (notify.endpoint.enabled) this.#port.disconnect(link);
      configureOnce(binding, link.in);
      configureOnce(binding, link.out);
      attempt(() => this.#port.connect(link));
    } else throw new KernelError('EINVAL', `set_alt ${this.name}`, `interface ${interfaceNumber} is not its own.`);
    return 0;
  }

  disable(): void {
    if (this.#bound === undefined) return;
    this.#port.disconnect(this.#bound.link);
    this.#bound.notify.endpoint.disable();
  }

  /** acm_setup. @throws KernelError EOPNOTSUPP */
  setup(setup: SetupPacket): number {
    const { binding, numbers } = this.#expectBound(`setup ${this.name}`);
    const decision = this.#control.setup(setup, numbers.control);
    const request = this.#request;
    request.complete = () => {};
    switch (decision.kind) {
      case 'refuse':
        throw new KernelError('EOPNOTSUPP', `setup ${this.name}`, 'f_acm does not know this request, or refuses it.');
      case 'send':
        request.buffer = decision.bytes;
        break;
      case 'accept':
        request.buffer = new Uint8Array(0);
        break;
      case 'receive':
        request.buffer = new Uint8Array(LINE_CODING_SIZE);
        request.complete = (_, { status, actual, buffer }) => {
          if (status === 0 && !this.#control.receive(buffer!.subarray(0, actual)))
            attempt(() => binding.ep0.setHalt(true));
        };
        break;
    }
    request.length = request.buffer.length;
    binding.ep0.queue(request);
    return 0;
  }

  suspend(): void {
    if (this.#bound) this.#port.suspend(this.#bound.link);
  }

  resume(): void {
    if (this.#bound) this.#port.resume(this.#bound.link);
  }

  #sendBreak(on: boolean): void {
    this.#setState(on ? this.#state | SerialState.BREAK : this.#state & ~SerialState.BREAK);
  }

  #setState(state: number): void {
    this.#state = state;
    this.#bound?.notifier.notify();
  }

  #expectBound(operation: string): Bound {
    if (this.#bound !== undefined) return this.#bound;
    throw new KernelError('ENODEV', operation, 'the gadget is not bound.');
  }
}
