import { KernelError } from '@gadgetloom/core';
import {
  type ClaimedEndpoint,
  type DescriptorSpeed,
  encodeCompanionDescriptor,
  encodeEndpointDescriptor,
  type FunctionBinding,
  type InterfaceOsDescriptors,
  joinDescriptors,
  type SetupPacket,
  type UsbFunction,
} from '@gadgetloom/udc';
import { FunctionRegistry } from '@gadgetloom/udc/model';

export interface TinyFunctionOptions {
  readonly speeds?: readonly DescriptorSpeed[];
  readonly interfaces?: number;
  /** Addresses; the packet size is the largest of each speed. */
  readonly endpoints?: readonly number[];
  readonly packet?: number;
  readonly bindDeactivated?: boolean;
}

const PACKETS: Readonly<Record<DescriptorSpeed, number>> = { full: 64, high: 512, super: 1024 };

/** A function with bulk endpoints on its first interface, that writes down what it is told. */
export class TinyFunction implements UsbFunction {
  readonly name: string;
  readonly log: string[];
  readonly bindDeactivated: boolean;
  readonly claimed: ClaimedEndpoint[] = [];
  readonly #options: TinyFunctionOptions;
  alternate?: (interfaceNumber: number) => number;
  matches?: (setup: SetupPacket, configured: boolean) => boolean;
  status?: () => number;
  suspendFunction?: (options: number) => void;
  osDescriptors?: () => readonly InterfaceOsDescriptors[];
  binding: FunctionBinding | undefined = undefined;
  interfaceIds: number[] = [];
  /** What setAlternate and setup answer, or throw. */
  answer: number | KernelError = 0;
  readonly setups: SetupPacket[] = [];
  refuseBind: KernelError | undefined = undefined;

  constructor(log: string[], name: string, options: TinyFunctionOptions = {}) {
    this.log = log;
    this.name = name;
    this.#options = options;
    this.bindDeactivated = options.bindDeactivated ?? false;
  }

  bind(binding: FunctionBinding): void {
    this.log.push(`${this.name} bind`);
    if (this.refuseBind !== undefined) throw this.refuseBind;
    this.binding = binding;
    this.claimed.length = 0;
    this.interfaceIds = Array.from({ length: this.#options.interfaces ?? 1 }, () => binding.interfaceId());
    for (const address of this.#options.endpoints ?? []) {
      const claimed = binding.claim(this.#endpoint(address, 'full'));
      if (claimed === undefined) throw new KernelError('ENOTSUPP', `bind ${this.name}`, 'no endpoint fits');
      this.claimed.push(claimed);
    }
  }

  unbind(): void {
    this.log.push(`${this.name} unbind`);
  }

  descriptors(speed: DescriptorSpeed): Uint8Array | undefined {
    if (!(this.#options.speeds ?? ['full', 'high']).includes(speed)) return undefined;
    return joinDescriptors(
      this.interfaceIds.flatMap((id, index) => {
        const endpoints = index === 0 ? this.claimed : [];
        return [
          Uint8Array.of(9, 4, id, 0, endpoints.length, 0xff, 0, 0, 0),
          ...endpoints.flatMap(({ address }) => [
            this.#endpoint(address, speed),
            ...(speed === 'super'
              ? [encodeCompanionDescriptor({ maxBurst: 3, attributes: 0, bytesPerInterval: 0 })]
              : []),
          ]),
        ];
      }),
    );
  }

  setAlternate(interfaceNumber: number, alternate: number): number {
    this.log.push(`${this.name} set ${interfaceNumber}.${alternate}`);
    if (typeof this.answer !== 'number') throw this.answer;
    for (const { endpoint } of this.claimed) {
      endpoint.disable();
      this.binding?.configureEndpoint(endpoint);
      endpoint.enable();
    }
    return this.answer;
  }

  disable(): void {
    this.log.push(`${this.name} disable`);
    for (const { endpoint } of this.claimed) endpoint.disable();
  }

  setup(packet: SetupPacket): number {
    this.setups.push(packet);
    if (typeof this.answer !== 'number') throw this.answer;
    return this.answer;
  }

  suspend(): void {
    this.log.push(`${this.name} suspend`);
  }

  resume(): void {
    this.log.push(`${this.name} resume`);
  }

  #endpoint(address: number, speed: DescriptorSpeed): Uint8Array {
    const maxPacketSize = this.#options.packet ?? PACKETS[speed];
    return encodeEndpointDescriptor({ address, attributes: 2, maxPacketSize, interval: 0 });
  }
}

/** A registry of one type `tiny`, that hands out the given functions by instance name. */
export function registryOf(...functions: readonly UsbFunction[]): FunctionRegistry {
  const registry = new FunctionRegistry();
  registry.register('tiny', (instance) => {
    const found = functions.find(({ name }) => name === `tiny.${instance}`);
    if (found === undefined) throw new KernelError('EINVAL', `mkdir functions/tiny.${instance}`);
    return { function: found, release: () => {} };
  });
  return registry;
}
