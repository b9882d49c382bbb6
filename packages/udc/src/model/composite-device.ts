import { isKernelError, KernelError } from '@gadgetloom/core';
import { RequestType, type SetupPacket, USB_DIR_IN, type UsbSpeed } from '../chapter9.ts';
import type { GadgetConfig, OsDescriptorsConfig } from '../controller.ts';
import { OS_STRING_INDEX } from '../descriptors/host-descriptor.ts';
import { DELAYED_STATUS } from '../gadget-controller.ts';
import { isSuperSpeed } from '../speed.ts';
import { bindComposite, purgeComposite } from './composite-binding.ts';
import { Configuration, DEFAULT_VBUS_DRAW } from './configuration.ts';
import { ControlReply, EP0_BUFFER_SIZE } from './control-reply.ts';
import { DeviceStrings } from './device-strings.ts';
import type { LinkedFunction } from './linked-function.ts';
import { type Answer, answerStandard } from './standard-requests.ts';
import type { UdcCore, UdcDriver } from './udc-core.ts';
import { answerVendor } from './vendor-requests.ts';

/** Current in mA that a device may draw while not configured, and the largest that counts as self-powered. */
const UNCONFIGURED_DRAW = 100;
/** Current in mA while suspended. */
const SUSPENDED_DRAW = 2;
const NOTHING = new Uint8Array(0);

/**
 * A composite device. It answers chapter 9 requests for the functions of its configurations and forwards the rest to
 * them. Source: drivers/usb/gadget/composite.c, with the callbacks of configfs.c around it.
 */
export class CompositeDevice implements UdcDriver {
  readonly function: string;
  readonly maxSpeed: UsbSpeed;
  readonly config: GadgetConfig;
  readonly configurations: readonly Configuration[];
  readonly strings = new DeviceStrings();
  /** Ids of manufacturer, product and serial number, while bound. */
  ids: readonly number[] = [];
  /** bcdUSB as last shown to the host. */
  usbVersion: number;
  readonly #unregister: () => void;
  #core: UdcCore | undefined = undefined;
  #reply: ControlReply | undefined = undefined;
  #osReply: ControlReply | undefined = undefined;
  #selected: Configuration | undefined = undefined;
  #unbinding = false;
  #delayed = 0;
  #deactivations = 0;
  #suspended = false;

  /**
   * @param unregister unbinds the gadget (unregister_gadget_item)
   */
  constructor(config: GadgetConfig, unregister: () => void) {
    this.config = config;
    this.function = config.name;
    this.maxSpeed = config.maxSpeed ?? 'super-plus';
    this.usbVersion = config.usbVersion ?? 0;
    this.configurations = config.configurations.map((configuration) => new Configuration(configuration));
    this.#unregister = unregister;
  }

  /** The controller it is bound to. @throws KernelError ENODEV not bound */
  get core(): UdcCore {
    if (this.#core !== undefined) return this.#core;
    throw new KernelError('ENODEV', `gadget ${this.function}`, 'it is not bound to a controller.');
  }

  /** The configuration that the host has selected. */
  get configuration(): Configuration | undefined {
    return this.#selected;
  }

  /** The gadget's attribute `suspended`. */
  get suspended(): boolean {
    return this.#suspended;
  }

  get osDescriptors(): OsDescriptorsConfig | undefined {
    return this.config.osDescriptors;
  }

  /** The configuration that OS descriptors describe. The host also sees it first. */
  get osConfiguration(): Configuration | undefined {
    if (this.osDescriptors === undefined) return undefined;
    const { configuration } = this.osDescriptors;
    return this.configurations.find(({ value }) => configuration === undefined || value === configuration);
  }

  /**
   * @throws KernelError EINVAL no configuration, one without functions, or languages do not match; or a function's
   * errno
   */
  bind(core: UdcCore): void {
    this.#unbinding = false;
    this.#core = core;
    this.#reply = new ControlReply(core.ep0);
    this.#osReply = new ControlReply(core.ep0);
    try {
      bindComposite(this);
    } catch (refusal) {
      this.#release(core);
      throw refusal;
    }
  }

  unbind(): void {
    this.#unbinding = true;
    const { core } = this;
    try {
      purgeComposite(this);
    } finally {
      this.#release(core);
    }
  }

  setup(packet: SetupPacket): number {
    if (this.#core === undefined || this.#unbinding) return 0;
    if (this.#core.trace === undefined) return this.#answer(packet);
    this.#core.event('setup', { ...packet });
    try {
      return this.#answer(packet);
    } catch (refusal) {
      this.#core?.event('setup refused', { ...packet });
      throw refusal;
    }
  }

  disconnect(): void {
    if (this.#core === undefined || this.#unbinding) return;
    this.#core.controller.vbusDraw?.(0);
    this.#disconnect();
  }

  reset(): void {
    if (this.#core === undefined || this.#unbinding) return;
    this.#core.controller.vbusDraw?.(UNCONFIGURED_DRAW);
    this.#disconnect();
  }

  suspend(): void {
    if (this.#core === undefined || this.#unbinding) return;
    for (const link of this.#selected?.functions ?? []) link.function.suspend?.();
    this.#suspended = true;
    const { controller } = this.#core;
    if (this.#selected?.selfPowered) controller.setSelfPowered?.(true);
    controller.vbusDraw?.(SUSPENDED_DRAW);
  }

  resume(): void {
    if (this.#core === undefined || this.#unbinding) return;
    const selected = this.#selected;
    for (const link of selected?.functions ?? []) {
      // The host resumes a function that it suspended individually.
      if (!link.suspended) link.function.resume?.();
    }
    const { controller } = this.#core;
    if (selected === undefined) controller.vbusDraw?.(DEFAULT_VBUS_DRAW);
    else {
      const draw = Math.min(selected.maxPower || DEFAULT_VBUS_DRAW, isSuperSpeed(controller.speed) ? 900 : 500);
      controller.setSelfPowered?.(draw <= UNCONFIGURED_DRAW && selected.selfPowered);
      controller.vbusDraw?.(draw);
    }
    this.#suspended = false;
  }

  /** SET_CONFIGURATION (set_config). @throws KernelError a function refuses; the device is then not configured */
  selectConfiguration(value: number): Answer {
    const chosen = this.configurations.find((configuration) => configuration.value === value);
    if (value !== 0 && chosen === undefined) {
      this.#power(undefined, UNCONFIGURED_DRAW);
      return 'EINVAL';
    }
    if (this.#selected !== undefined) this.#deselect();
    if (chosen === undefined) {
      this.#power(undefined, UNCONFIGURED_DRAW);
      return NOTHING;
    }
    const { controller } = this.core;
    this.core.stateChanged('configured');
    this.#selected = chosen;
    try {
      chosen.interfaces.forEach((link, interfaceNumber) => {
        link.noteEndpoints();
        if (link.function.setAlternate(interfaceNumber, 0) === DELAYED_STATUS) this.delayStatus();
      });
    } catch (refusal) {
      this.#deselect();
      this.#power(chosen, UNCONFIGURED_DRAW);
      throw refusal;
    }
    controller.setRemoteWakeup?.(chosen.remoteWakeup);
    this.#power(chosen, chosen.power(isSuperSpeed(controller.speed)));
    return this.#delayed > 0 ? DELAYED_STATUS : NOTHING;
  }

  /** Counts a function that delays the status stage. */
  delayStatus(): void {
    this.#delayed++;
  }

  /** usb_composite_setup_continue: the last waiting function releases the status stage. Harmless when none waits. */
  setupContinue(): void {
    if (this.#delayed === 0 || --this.#delayed > 0) return;
    try {
      this.#reply?.send(NOTHING, false);
    } catch (refusal) {
      // The kernel drops this errno, because it has no caller to return it to.
      if (!isKernelError(refusal)) throw refusal;
      this.#core?.event('refusal ignored', { reason: refusal.message });
    }
  }

  /** A string descriptor, or with index 0 the list of languages; `undefined` if there is none (get_string). */
  stringDescriptor(index: number, language: number): Uint8Array | undefined {
    const tables = this.configurations.flatMap(({ functions }) => functions.flatMap((link) => link.ownStrings));
    if (index === 0) return this.strings.languages(tables);
    const { osDescriptors } = this;
    if (osDescriptors !== undefined && language === 0 && index === OS_STRING_INDEX) return osString(osDescriptors);
    return this.strings.lookup(index, language, tables);
  }

  /** usb_function_deactivate. @throws KernelError */
  deactivate(): void {
    if (this.#deactivations === 0) this.core.deactivate();
    this.#deactivations++;
  }

  /** usb_function_activate. @throws KernelError EINVAL it is not deactivated */
  activate(): void {
    if (this.#deactivations === 0) {
      throw new KernelError('EINVAL', `activate ${this.function}`, 'no function has deactivated the gadget.');
    }
    this.#deactivations--;
    if (this.#deactivations === 0) this.core.activate();
  }

  /** Unbinds the whole gadget before it returns (unregister_gadget_item). */
  unregister(): void {
    this.#unregister();
  }

  #answer(packet: SetupPacket): number {
    const setup = this.#clipped(packet);
    const standard = (setup.requestType & RequestType.TYPE_MASK) === RequestType.STANDARD;
    const own: Answer = standard ? answerStandard(this, setup) : 'forward';
    const answer = own === 'forward' ? answerVendor(this, setup) : own;
    if (answer === 'forward') return this.#forward(setup);
    if (answer === 'EOPNOTSUPP' || answer === 'EINVAL') throw refused(setup, answer);
    if (answer === DELAYED_STATUS) return answer;
    const forOs = own === 'forward' && setup.request === this.osDescriptors?.vendorCode;
    // A function may have unbound the gadget meanwhile.
    (forOs ? this.#osReply : this.#reply)?.send(answer, answer.length < setup.length);
    return 0;
  }

  /** Handles a wLength above the buffer: clips an IN request, refuses an OUT request. */
  #clipped(setup: SetupPacket): SetupPacket {
    if (setup.length <= EP0_BUFFER_SIZE) return setup;
    if ((setup.requestType & USB_DIR_IN) === 0) throw refused(setup, 'EOPNOTSUPP');
    return { ...setup, length: EP0_BUFFER_SIZE };
  }

  #forward(setup: SetupPacket): number {
    const link = this.#wanting(setup) ?? this.#addressed(setup);
    if (link?.function.setup !== undefined) return link.function.setup(setup);
    const functions = this.#selected?.functions ?? [];
    const only = functions.length === 1 ? functions[0] : undefined;
    if (only?.function.setup !== undefined) return only.function.setup(setup);
    throw refused(setup, 'EOPNOTSUPP');
  }

  /** The first function whose req_match accepts it, in the selected configuration or, without one, in any. */
  #wanting(setup: SetupPacket): LinkedFunction | undefined {
    const selected = this.#selected;
    const candidates = selected === undefined ? this.configurations : [selected];
    for (const { functions } of candidates) {
      const link = functions.find((candidate) => candidate.function.matches?.(setup, selected !== undefined));
      if (link !== undefined) return link;
    }
    return undefined;
  }

  #addressed(setup: SetupPacket): LinkedFunction | undefined {
    switch (setup.requestType & RequestType.RECIPIENT_MASK) {
      case RequestType.INTERFACE:
        return this.#selected?.interfaces[setup.index & 0xff];
      case RequestType.ENDPOINT:
        return this.#selected?.functions.find((link) => link.owns(setup.index));
      default:
        return undefined;
    }
  }

  #disconnect(): void {
    this.#suspended = false;
    if (this.#selected !== undefined) this.#deselect();
  }

  #deselect(): void {
    for (const link of this.#selected?.functions ?? []) {
      link.function.disable();
      link.wakeupArmed = false;
      link.endpoints = 0;
    }
    this.#selected = undefined;
    this.#delayed = 0;
  }

  #power(configuration: Configuration | undefined, milliamperes: number): void {
    const { controller } = this.core;
    const own = configuration === undefined || configuration.selfPowered;
    controller.setSelfPowered?.(milliamperes <= UNCONFIGURED_DRAW && own);
    controller.vbusDraw?.(milliamperes);
  }

  #release(core: UdcCore): void {
    core.autoconfig.reset();
    core.clearDeactivation();
    this.#selected = undefined;
    this.#delayed = 0;
    this.strings.clear();
    this.ids = [];
    this.#osReply?.cancel();
    this.#reply?.cancel();
    this.#osReply = undefined;
    this.#reply = undefined;
    this.#deactivations = 0;
    this.#core = undefined;
  }
}

function osString({ signature = 'MSFT100', vendorCode }: OsDescriptorsConfig): Uint8Array {
  const bytes = new Uint8Array(18);
  bytes.set([bytes.length, 3]);
  const view = new DataView(bytes.buffer);
  [...signature.slice(0, 7)].forEach((letter, index) => {
    view.setUint16(2 + 2 * index, letter.charCodeAt(0), true);
  });
  bytes[16] = vendorCode;
  return bytes;
}

function refused(setup: SetupPacket, code: 'EOPNOTSUPP' | 'EINVAL'): KernelError {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const { requestType, request, value, index } = setup;
  const operation = `control request ${hex(requestType)} ${hex(request)} value ${hex(value)} index ${hex(index)}`;
  return new KernelError(code, operation, REFUSALS[code]);
}

const REFUSALS = {
  EOPNOTSUPP: 'neither the device nor a function of it serves this request.',
  EINVAL: 'the device has nothing with this number, or it is too large to be sent.',
} as const;
