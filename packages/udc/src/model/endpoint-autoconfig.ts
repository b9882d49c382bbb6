import type { CompanionDescriptor, EndpointDescriptor } from '../chapter9.ts';
import { packetSize, transferType } from '../descriptors/endpoint-descriptor.ts';
import type { UsbEndpoint } from '../endpoint.ts';
import type { GadgetController } from '../gadget-controller.ts';
import type { ClaimedEndpoint } from '../usb-function.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { misfit } from './endpoint-match.ts';

const MAX_ENDPOINT_NUMBER = 15;

/**
 * Chooses an endpoint and its address for each descriptor of the functions that bind.
 * Source: drivers/usb/gadget/epautoconf.c.
 */
export class EndpointAutoconfig {
  readonly #controller: GadgetController;
  readonly #endpoints: readonly CoreEndpoint[];
  readonly #byHardware: ReadonlyMap<UsbEndpoint, CoreEndpoint>;
  #inNumber = 0;
  #outNumber = 0;
  #refusal: string | undefined = undefined;

  constructor(controller: GadgetController, endpoints: readonly CoreEndpoint[]) {
    this.#controller = controller;
    this.#endpoints = endpoints;
    this.#byHardware = new Map(endpoints.map((endpoint) => [endpoint.hardware, endpoint]));
  }

  /**
   * Why the latest {@link claim} failed, endpoint by endpoint; `undefined` if it succeeded, and after {@link reset}.
   */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * usb_ep_autoconfig_ss; `undefined` if no endpoint fits, or if all numbers are used up.
   *
   * @param owner name of the function
   */
  claim(
    descriptor: EndpointDescriptor,
    companion: CompanionDescriptor | undefined,
    owner: string,
  ): ClaimedEndpoint | undefined {
    const endpoint = this.#choice(descriptor, companion) ?? this.#firstFit(descriptor, companion);
    if (endpoint === undefined) {
      this.#refusal = this.#explain(descriptor, companion);
      return undefined;
    }
    const number = this.#number(endpoint.name, descriptor.address);
    if (number === undefined) {
      this.#refusal = `more than ${MAX_ENDPOINT_NUMBER} endpoints of one direction`;
      return undefined;
    }
    this.#refusal = undefined;
    endpoint.address = (descriptor.address & 0x80) | number;
    endpoint.forget();
    endpoint.claimedBy = owner;
    return {
      endpoint,
      address: endpoint.address,
      maxPacketSize: descriptor.maxPacketSize === 0 ? endpoint.maxPacketLimit : descriptor.maxPacketSize,
    };
  }

  /** usb_ep_autoconfig_release. */
  release(endpoint: CoreEndpoint): void {
    endpoint.claimedBy = undefined;
  }

  /** usb_ep_autoconfig_reset. */
  reset(): void {
    for (const endpoint of this.#endpoints) endpoint.claimedBy = undefined;
    this.#inNumber = 0;
    this.#outNumber = 0;
    this.#refusal = undefined;
  }

  #choice(descriptor: EndpointDescriptor, companion: CompanionDescriptor | undefined): CoreEndpoint | undefined {
    const chosen = this.#controller.matchEndpoint?.(descriptor, companion, (hardware) => {
      const endpoint = this.#byHardware.get(hardware);
      return endpoint !== undefined && misfit(endpoint, descriptor, companion, this.#controller.maxSpeed) === undefined;
    });
    return chosen && this.#byHardware.get(chosen);
  }

  #firstFit(descriptor: EndpointDescriptor, companion: CompanionDescriptor | undefined): CoreEndpoint | undefined {
    const { maxSpeed } = this.#controller;
    return this.#endpoints.find((endpoint) => misfit(endpoint, descriptor, companion, maxSpeed) === undefined);
  }

  #number(name: string, address: number): number | undefined {
    const fixed = /^..(\d+)/.exec(name);
    if (fixed !== null) return Number(fixed[1]);
    const next = (address & 0x80) !== 0 ? ++this.#inNumber : ++this.#outNumber;
    return next > MAX_ENDPOINT_NUMBER ? undefined : next;
  }

  #explain(descriptor: EndpointDescriptor, companion: CompanionDescriptor | undefined): string {
    const direction = (descriptor.address & 0x80) !== 0 ? 'IN' : 'OUT';
    const wanted = `${transferType(descriptor)} ${direction} endpoint of ${packetSize(descriptor)} bytes`;
    const { name, maxSpeed } = this.#controller;
    const reasons = this.#endpoints.map((endpoint) => {
      return `${endpoint.name} ${misfit(endpoint, descriptor, companion, maxSpeed) ?? 'free'}`;
    });
    return `${name} has no free ${wanted} (${reasons.join(', ') || 'it has no endpoints'})`;
  }
}
