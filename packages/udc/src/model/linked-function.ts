import { KernelError } from '@gadgetloom/core';
import { DescriptorType } from '../chapter9.ts';
import { splitDescriptors } from '../descriptors/descriptor-bytes.ts';
import { decodeCompanionDescriptor, decodeEndpointDescriptor } from '../descriptors/endpoint-descriptor.ts';
import type { GadgetEndpoint } from '../endpoint.ts';
import type { GadgetController } from '../gadget-controller.ts';
import type { ClaimedEndpoint, FunctionBinding, StringTable, UsbFunction } from '../usb-function.ts';
import type { CompositeDevice } from './composite-device.ts';
import type { Configuration } from './configuration.ts';
import { CoreEndpoint } from './core-endpoint.ts';
import type { NumberedTable } from './device-strings.ts';
import { describedFor, descriptorsFor } from './function-descriptors.ts';

/**
 * A function in a configuration: its state in struct usb_function, and the services that the composite framework offers
 * to it. It lasts as long as the link, over any number of bindings.
 */
export class LinkedFunction implements FunctionBinding {
  readonly function: UsbFunction;
  readonly configuration: Configuration;
  readonly #device: CompositeDevice;
  /** One bit per endpoint that the selected configuration uses: number, plus 16 for IN. */
  endpoints = 0;
  /** The host allows this function to wake it (func_wakeup_armed). */
  wakeupArmed = false;
  /** The function is in USB 3 function suspend (func_suspended). A reset does not clear it, as in the kernel. */
  suspended = false;
  /** Strings of its own (usb_function.strings). */
  ownStrings: readonly NumberedTable[] = [];

  constructor(device: CompositeDevice, configuration: Configuration, usbFunction: UsbFunction) {
    this.#device = device;
    this.configuration = configuration;
    this.function = usbFunction;
  }

  get controller(): GadgetController {
    return this.#device.core.controller;
  }

  get ep0(): GadgetEndpoint {
    return this.#device.core.ep0;
  }

  get configured(): boolean {
    return this.#device.configuration !== undefined;
  }

  get osDescriptors(): boolean {
    return this.#device.osDescriptors !== undefined;
  }

  interfaceId(): number {
    return this.configuration.takeInterface(this);
  }

  strings(tables: readonly StringTable[]): readonly number[] {
    return this.#device.strings.attach(tables);
  }

  functionStrings(tables: readonly StringTable[]): readonly number[] {
    const { numbered, ids } = this.#device.strings.number(tables);
    this.ownStrings = numbered;
    return ids;
  }

  claim(descriptor: Uint8Array, companion?: Uint8Array): ClaimedEndpoint | undefined {
    return this.#device.core.autoconfig.claim(
      decodeEndpointDescriptor(descriptor),
      companion && decodeCompanionDescriptor(companion),
      this.function.name,
    );
  }

  release(endpoint: GadgetEndpoint): void {
    this.#device.core.autoconfig.release(own(endpoint));
  }

  configureEndpoint(endpoint: GadgetEndpoint, alternate = 0): void {
    const { speed } = this.controller;
    const described = describedFor(this.function, speed);
    const parts = splitDescriptors((described && this.function.descriptors(described)) ?? new Uint8Array());
    const setting = parts.findIndex((part) => part[1] === DescriptorType.INTERFACE && part[3] === alternate);
    const at =
      setting < 0 ? -1 : parts.findIndex((part, index) => index > setting && isEndpoint(part, endpoint.address));
    if (at < 0) {
      const where = `alternate ${alternate} of ${this.function.name}`;
      const address = `0x${endpoint.address.toString(16).padStart(2, '0')}`;
      throw new KernelError('EIO', `config_ep_by_speed ${endpoint.name}`, `${where} describes no endpoint ${address}.`);
    }
    const next = parts[at + 1];
    const companion = next?.[1] === DescriptorType.SS_ENDPOINT_COMPANION ? decodeCompanionDescriptor(next) : undefined;
    own(endpoint).configure(decodeEndpointDescriptor(parts[at]!), described === 'super' ? companion : undefined, speed);
    if (described === 'super' && companion === undefined) {
      const advice = 'its endpoint descriptor for SuperSpeed must be followed by a companion descriptor.';
      throw new KernelError('EIO', `config_ep_by_speed ${endpoint.name}`, advice);
    }
  }

  setupContinue(): void {
    this.#device.setupContinue();
  }

  deactivate(): void {
    this.#device.deactivate();
  }

  activate(): void {
    this.#device.activate();
  }

  wakeup(): void {
    const { controller } = this;
    if (controller.functionWakeup === undefined) {
      throw new KernelError('EOPNOTSUPP', 'usb_func_wakeup', 'this controller cannot wake the host for a function.');
    }
    const interfaceNumber = this.configuration.interfaces.indexOf(this);
    if (!this.wakeupArmed || interfaceNumber < 0) {
      throw new KernelError('EINVAL', 'usb_func_wakeup', 'the host has not allowed this function to wake it.');
    }
    controller.functionWakeup(interfaceNumber);
  }

  unregisterGadget(): void {
    this.#device.unregister();
  }

  /** Records the endpoints whose requests are forwarded to this function (set_config). */
  noteEndpoints(): void {
    this.endpoints = 0;
    const speed = this.controller.speed;
    for (const part of splitDescriptors(descriptorsFor(this.function, speed) ?? new Uint8Array())) {
      if (part[1] === DescriptorType.ENDPOINT) this.endpoints |= endpointBit(part[2]!);
    }
  }

  /** True if an endpoint address belongs to it in the selected configuration. */
  owns(address: number): boolean {
    return (this.endpoints & endpointBit(address)) !== 0;
  }
}

function endpointBit(address: number): number {
  return 1 << (((address & 0x80) >> 3) | (address & 0x0f));
}

function isEndpoint(part: Uint8Array, address: number): boolean {
  return part[1] === DescriptorType.ENDPOINT && part[2] === address;
}

function own(endpoint: GadgetEndpoint): CoreEndpoint {
  if (endpoint instanceof CoreEndpoint) return endpoint;
  throw new TypeError(`${endpoint.name} was not claimed from this controller.`);
}
