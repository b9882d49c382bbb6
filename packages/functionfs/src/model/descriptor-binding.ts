import { KernelError } from '@gadgetloom/core';
import {
  DescriptorType,
  type EndpointDescriptor,
  type FunctionBinding,
  type InterfaceOsDescriptors,
  type OsProperty,
  USB_ENDPOINT_NUMBER_MASK,
} from '@gadgetloom/udc';
import type { DescriptorState } from '../descriptor-rules.ts';
import { viewOf } from '../field-layout.ts';
import { decodeFunctionDescriptor } from '../function-descriptor.ts';
import { decodeOsDescriptor } from '../os-descriptor.ts';
import { DescriptorFlag } from '../uapi.ts';
import { FunctionEndpoint } from './function-endpoint.ts';

const SPEEDS = ['full', 'high', 'super'] as const;

/** OS property types whose data is text: all but the binary and the two numbers. */
const TEXT_PROPERTIES: ReadonlySet<number> = new Set([1, 2, 6, 7]);

/** Resources that a gadget assigned to a function: endpoints, interface numbers, and descriptors with these numbers. */
export interface BoundDescriptors {
  readonly endpoints: readonly FunctionEndpoint[];
  /** Interface numbers on the bus, by the number inside the function; -1 for a number that no descriptor has. */
  readonly interfaces: readonly number[];
  /** Number of the endpoint file from 1, or 0 for none, by endpoint number on the bus (eps_revmap). */
  readonly fileOfEndpoint: Uint8Array;
  /** Descriptors per speed; `undefined` if there are none. */
  readonly bySpeed: readonly (Uint8Array | undefined)[];
  readonly os: readonly InterfaceOsDescriptors[];
}

/**
 * Claims endpoints and interface numbers for the accepted descriptors and writes the numbers into a copy of them
 * (_ffs_func_bind).
 *
 * @param strings ids of the function's strings
 * @param crash makes the error for what crashes the kernel
 * @throws KernelError ENOTSUPP no endpoint fits, or no descriptors; EINVAL an endpoint is described twice for a speed;
 *   ENODEV too many interfaces
 */
export function bindDescriptors(
  state: DescriptorState,
  binding: FunctionBinding,
  strings: readonly number[],
  crash: (defect: string, advice: string) => KernelError,
): BoundDescriptors {
  if (state.counts.every((count) => count === 0)) {
    throw new KernelError('ENOTSUPP', 'bind ffs', 'There are no descriptors for any speed.');
  }
  const raw = state.raw.slice();
  const claims = new EndpointClaims(state, binding, crash);
  const interfaces = new Array<number>(state.interfaceCount).fill(-1);
  const ranges: [start: number, end: number][] = [];
  let at = 0;
  state.counts.forEach((count, speed) => {
    const start = at;
    for (let n = 0; n < count; n++) {
      if (raw[at + 1] === DescriptorType.ENDPOINT) claims.claim(raw.subarray(at, at + raw[at]!), speed);
      at += raw[at]!;
    }
    ranges.push([start, at]);
  });
  for (let next = 0; next < at; next += raw[next]!) rewriteNumbers(raw, next, binding, interfaces, strings);
  return {
    endpoints: claims.endpoints,
    interfaces,
    fileOfEndpoint: claims.fileOfEndpoint,
    bySpeed: ranges.map(([start, end], speed) => (state.counts[speed]! > 0 ? raw.subarray(start, end) : undefined)),
    os: binding.osDescriptors ? osDescriptors(raw.subarray(at), state, interfaces) : [],
  };
}

/** Claims an endpoint for each endpoint descriptor (__ffs_func_bind_do_descs). */
class EndpointClaims {
  readonly fileOfEndpoint = new Uint8Array(16);
  readonly #endpoints: (FunctionEndpoint | undefined)[];
  readonly #state: DescriptorState;
  readonly #binding: FunctionBinding;
  readonly #crash: (defect: string, advice: string) => KernelError;

  constructor(
    state: DescriptorState,
    binding: FunctionBinding,
    crash: (defect: string, advice: string) => KernelError,
  ) {
    this.#state = state;
    this.#binding = binding;
    this.#crash = crash;
    this.#endpoints = new Array<undefined>(state.endpointCount).fill(undefined);
  }

  get endpoints(): readonly FunctionEndpoint[] {
    return this.#endpoints.filter((endpoint) => endpoint !== undefined);
  }

  /** Writes the address that the host will see into `descriptor`. */
  claim(descriptor: Uint8Array, speed: number): void {
    const written = descriptor[2]!;
    const index = this.#state.addresses.indexOf(written, 1) - 1;
    const known = this.#endpoints[index];
    if (known?.descriptors[speed] !== undefined) {
      const number = written & USB_ENDPOINT_NUMBER_MASK;
      const advice = `There are two ${SPEEDS[speed]}-speed descriptors for endpoint ${number}; alternate settings need endpoints of their own.`;
      throw new KernelError('EINVAL', 'bind ffs', advice);
    }
    const endpoint = known === undefined ? this.#claimNew(descriptor, index) : this.#copyFull(descriptor, known);
    endpoint.descriptors[speed] = decodeFunctionDescriptor(descriptor) as EndpointDescriptor & { type: 'endpoint' };
  }

  #claimNew(descriptor: Uint8Array, index: number): FunctionEndpoint {
    const claimed = this.#binding.claim(descriptor);
    if (claimed === undefined) {
      const address = `0x${descriptor[2]!.toString(16).padStart(2, '0')}`;
      const advice = `${this.#binding.controller.name} has no free endpoint that can serve endpoint ${index + 1} (${address}).`;
      throw new KernelError('ENOTSUPP', 'bind ffs', advice);
    }
    this.fileOfEndpoint[claimed.address & USB_ENDPOINT_NUMBER_MASK] = index + 1;
    if ((this.#state.userFlags & DescriptorFlag.VIRTUAL_ADDR) === 0) descriptor[2] = claimed.address;
    const endpoint = new FunctionEndpoint(claimed.endpoint);
    this.#endpoints[index] = endpoint;
    return endpoint;
  }

  #copyFull(descriptor: Uint8Array, endpoint: FunctionEndpoint): FunctionEndpoint {
    const full = endpoint.descriptors[0];
    if (full === undefined) {
      throw this.#crash(
        'f_fs.c takes the address from the full-speed descriptor, which is missing',
        'Describe every endpoint for full speed too, or for one speed only.',
      );
    }
    descriptor[2] = full.address;
    const view = viewOf(descriptor);
    if (view.getUint16(4, true) === 0) view.setUint16(4, full.maxPacketSize, true);
    return endpoint;
  }
}

/** Interface numbers and string ids (__ffs_func_bind_do_nums). */
function rewriteNumbers(
  raw: Uint8Array,
  at: number,
  binding: FunctionBinding,
  interfaces: number[],
  strings: readonly number[],
): void {
  const type = raw[at + 1];
  if (type === DescriptorType.INTERFACE) {
    const number = raw[at + 2]!;
    if (interfaces[number]! < 0) interfaces[number] = binding.interfaceId();
    raw[at + 2] = interfaces[number]!;
    if (raw[at + 8] !== 0) raw[at + 8] = strings[raw[at + 8]! - 1]!;
  } else if (type === DescriptorType.INTERFACE_ASSOCIATION && raw[at + 7] !== 0) {
    raw[at + 7] = strings[raw[at + 7]! - 1]!;
  }
}

/** One entry for every interface, because the kernel's table starts as zeros (__ffs_func_bind_do_os_desc). */
function osDescriptors(
  raw: Uint8Array,
  state: DescriptorState,
  interfaces: readonly number[],
): readonly InterfaceOsDescriptors[] {
  const table = Array.from({ length: state.interfaceCount }, () => ({
    interfaceNumber: 0,
    compatibleId: new Uint8Array(16),
    properties: [] as OsProperty[],
  }));
  let at = 0;
  for (let n = 0; n < state.osCount; n++) {
    const { descriptor, length } = decodeOsDescriptor(raw.subarray(at));
    if (descriptor.type === 'compatible-ids') {
      descriptor.functions.forEach(({ firstInterface }, m) => {
        const entry = table[firstInterface]!;
        const ids = at + 11 + 24 * m + 2;
        entry.interfaceNumber = interfaces[firstInterface]!;
        entry.compatibleId.set(raw.subarray(ids, ids + 16));
      });
    } else if (descriptor.properties.length > 0) {
      const entry = table[descriptor.interface]!;
      entry.interfaceNumber = interfaces[descriptor.interface]!;
      for (const { dataType, name, data } of descriptor.properties) {
        entry.properties.push({
          type: dataType,
          name: name.replace(/\0+$/, ''),
          data: TEXT_PROPERTIES.has(dataType) ? new TextDecoder().decode(data).replace(/\0+$/, '') : data,
        });
      }
    }
    at += length;
  }
  return table;
}
