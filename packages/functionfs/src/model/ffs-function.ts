import { KernelError } from '@gadgetloom/core';
import {
  DELAYED_STATUS,
  type DescriptorSpeed,
  type FunctionBinding,
  type InterfaceOsDescriptors,
  RequestType,
  type SetupPacket,
  USB_ENDPOINT_NUMBER_MASK,
  type UsbFunction,
} from '@gadgetloom/udc';
import { DescriptorFlag } from '../uapi.ts';
import { type BoundDescriptors, bindDescriptors } from './descriptor-binding.ts';
import type { FfsData } from './ffs-data.ts';
import type { Instance } from './instance.ts';
import { wouldCrash } from './kernel.ts';

/** Largest alternate setting (MAX_ALT_SETTINGS). */
const ALTERNATE_MAX = 2;
const SPEED_INDEX: Readonly<Record<DescriptorSpeed, number>> = { full: 0, high: 1, super: 2 };
const ISOCHRONOUS = 1;

/** FunctionFS inside a configuration of a gadget (struct ffs_function). */
export class FfsFunction implements UsbFunction {
  readonly name: string;
  readonly #instance: Instance;
  #bound: { readonly data: FfsData; readonly binding: FunctionBinding; readonly own: BoundDescriptors } | undefined =
    undefined;
  readonly #alternates = new Map<number, number>();

  constructor(instance: Instance) {
    this.#instance = instance;
    this.name = `ffs.${instance.name}`;
  }

  /** ffs_func_bind. @throws KernelError ENODEV not ready; EBADFD; ENOTSUPP; EINVAL */
  bind(binding: FunctionBinding): void {
    const instance = this.#instance;
    const { data } = instance;
    if (!instance.ready || data === undefined) {
      throw new KernelError('ENODEV', 'bind ffs', `Write descriptors and strings to ep0 of "${instance.name}" first.`);
    }
    const strings = instance.references === 0 ? bindInstance(data, binding) : data.stringIds;
    data.stringIds = strings;
    instance.references++;
    try {
      const own = bindDescriptors(data.descriptors, binding, strings, (defect, advice) =>
        wouldCrash(data.kernel, 'bind ffs', defect, advice),
      );
      this.#bound = { data, binding, own };
    } catch (error) {
      if (--instance.references === 0) data.unbind();
      throw error;
    }
    data.events.add('BIND');
  }

  /** ffs_func_unbind. */
  unbind(): void {
    const bound = this.#bound;
    if (bound === undefined) return;
    const { data } = bound;
    if (data.func === this) {
      this.disableEndpoints();
      data.func = undefined;
    }
    data.workQueue.drain();
    data.events.add('UNBIND');
    if (--this.#instance.references === 0) data.unbind();
    this.#bound = undefined;
    this.#alternates.clear();
  }

  descriptors(speed: DescriptorSpeed): Uint8Array | undefined {
    return this.#bound?.own.bySpeed[SPEED_INDEX[speed]];
  }

  osDescriptors(): readonly InterfaceOsDescriptors[] {
    return this.#bound?.own.os ?? [];
  }

  /** ffs_func_set_alt. @throws KernelError EINVAL alternate above 2; EDOM not its interface; ENODEV; EIO; ENOMEM */
  setAlternate(interfaceNumber: number, alternate: number): number {
    const operation = `set_alt ${this.name}`;
    if (alternate > ALTERNATE_MAX) {
      throw new KernelError('EINVAL', operation, `FunctionFS has alternate settings 0 to ${ALTERNATE_MAX}.`);
    }
    this.functionInterface(interfaceNumber);
    const { data } = this.#expectBound(operation);
    data.func?.disableEndpoints();
    if (data.state === 'DEACTIVATED') data.scheduleReset();
    if (data.state !== 'ACTIVE') {
      throw new KernelError('ENODEV', operation, `The instance is in state ${data.state}: nobody has its files open.`);
    }
    data.func = this;
    this.#enableEndpoints();
    data.events.add('ENABLE');
    this.#alternates.set(interfaceNumber, alternate);
    return 0;
  }

  alternate(interfaceNumber: number): number {
    this.functionInterface(interfaceNumber);
    return this.#alternates.get(interfaceNumber) ?? 0;
  }

  /** ffs_func_disable. */
  disable(): void {
    const bound = this.#bound;
    if (bound === undefined) return;
    const { data } = bound;
    data.func?.disableEndpoints();
    if (data.state === 'DEACTIVATED') data.scheduleReset();
    else if (data.state === 'ACTIVE') {
      data.func = undefined;
      data.events.add('DISABLE');
    }
  }

  /** ffs_func_setup. @throws KernelError ENODEV not active; EDOM not ours; EOPNOTSUPP recipient */
  setup(setup: SetupPacket): number {
    const operation = `setup ${this.name}`;
    const { data } = this.#expectBound(operation);
    if (data.state !== 'ACTIVE') {
      throw new KernelError('ENODEV', operation, `The instance is in state ${data.state}: nobody can answer.`);
    }
    data.events.addSetup({ ...setup, index: this.#forwardedIndex(setup, data) });
    return setup.length === 0 ? DELAYED_STATUS : 0;
  }

  /** wIndex for user space, with the numbers that the function wrote into its descriptors. */
  #forwardedIndex(setup: SetupPacket, data: FfsData): number {
    switch (setup.requestType & RequestType.RECIPIENT_MASK) {
      case RequestType.INTERFACE:
        return this.functionInterface(setup.index);
      case RequestType.ENDPOINT: {
        const file = this.#functionEndpoint(setup.index);
        return data.hasFlag(DescriptorFlag.VIRTUAL_ADDR) ? data.descriptors.addresses[file]! : file;
      }
      default:
        if (data.hasFlag(DescriptorFlag.ALL_CTRL_RECIP)) return setup.index;
        throw new KernelError(
          'EOPNOTSUPP',
          `setup ${this.name}`,
          'Requests to the device or to others need ALL_CTRL_RECIP.',
        );
    }
  }

  /** ffs_func_req_match. */
  matches(setup: SetupPacket, configured: boolean): boolean {
    const bound = this.#bound;
    if (bound === undefined || (!configured && !bound.data.hasFlag(DescriptorFlag.CONFIG0_SETUP))) return false;
    switch (setup.requestType & RequestType.RECIPIENT_MASK) {
      case RequestType.INTERFACE:
        return bound.own.interfaces.includes(setup.index & 0xff);
      case RequestType.ENDPOINT:
        return bound.own.fileOfEndpoint[setup.index & USB_ENDPOINT_NUMBER_MASK] !== 0;
      default:
        return bound.data.hasFlag(DescriptorFlag.ALL_CTRL_RECIP);
    }
  }

  suspend(): void {
    this.#bound?.data.events.add('SUSPEND');
  }

  resume(): void {
    this.#bound?.data.events.add('RESUME');
  }

  /** Number of an interface inside the function (ffs_func_revmap_intf). @throws KernelError EDOM */
  functionInterface(interfaceNumber: number): number {
    const found = this.#bound?.own.interfaces.indexOf(interfaceNumber & 0xff) ?? -1;
    if (found >= 0) return found;
    throw new KernelError('EDOM', this.name, `Interface ${interfaceNumber & 0xff} does not belong to this function.`);
  }

  #functionEndpoint(address: number): number {
    const file = this.#bound?.own.fileOfEndpoint[address & USB_ENDPOINT_NUMBER_MASK] ?? 0;
    if (file > 0) return file;
    const number = address & USB_ENDPOINT_NUMBER_MASK;
    throw new KernelError('EDOM', this.name, `Endpoint ${number} does not belong to this function.`);
  }

  /** ffs_func_eps_disable. Clears the files' endpoint first, so that no call queues while requests complete. */
  disableEndpoints(): void {
    const bound = this.#bound;
    if (bound === undefined) return;
    const files = bound.data.endpoints ?? [];
    for (const file of files) file.ep = undefined;
    for (const { endpoint } of bound.own.endpoints) endpoint.disable();
    for (const file of files) file.dropSurplus();
  }

  /** ffs_func_eps_enable. Endpoints before one that fails stay enabled. */
  #enableEndpoints(): void {
    const { data, binding, own } = this.#expectBound(`set_alt ${this.name}`);
    const files = data.endpoints;
    if (files === undefined) throw new KernelError('ENOMEM', `set_alt ${this.name}`, 'The endpoint files are gone.');
    try {
      own.endpoints.forEach((ep, n) => {
        binding.configureEndpoint(ep.endpoint);
        ep.endpoint.enable();
        const file = files[n]!;
        file.ep = ep;
        file.isIsochronous = ((ep.endpoint.descriptor?.attributes ?? 0) & 3) === ISOCHRONOUS;
      });
    } finally {
      data.enabled.wake();
    }
  }

  #expectBound(operation: string) {
    if (this.#bound !== undefined) return this.#bound;
    throw new KernelError('ENODEV', operation, 'The function is not bound to a gadget.');
  }
}

/** functionfs_bind. @returns ids of the strings */
function bindInstance(data: FfsData, binding: FunctionBinding): readonly number[] {
  if (data.state !== 'ACTIVE' || data.bound) {
    const why = data.bound ? 'is bound already, or an attempt to bind it ran out of string ids' : `is ${data.state}`;
    throw new KernelError('EBADFD', 'bind ffs', `The instance "${data.name}" ${why}.`);
  }
  data.bindTo(binding);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const ids = binding.functionStrings(
    data.strings.map(({ language, strings }) => ({ language, strings: strings.map((text) => decoder.decode(text)) })),
  );
  data.gadget = binding;
  return ids;
}
