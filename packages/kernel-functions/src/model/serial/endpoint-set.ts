import { isKernelError, KernelError } from '@gadgetloom/core';
import {
  atLeast,
  type ClaimedEndpoint,
  type CompanionDescriptor,
  type DescriptorSpeed,
  type EndpointDescriptor,
  encodeEndpointDescriptor,
  type FunctionBinding,
  type GadgetEndpoint,
} from '@gadgetloom/udc';

/** Bytes of a bulk packet by speed. */
const BULK_PACKET = { full: 64, high: 512, super: 1024 } as const;

/** The companion of an endpoint without bursts. */
export const NO_BURST: CompanionDescriptor = { maxBurst: 0, attributes: 0, bytesPerInterval: 0 };

/** A bulk endpoint at a speed. */
export function bulk(address: number, speed: DescriptorSpeed): EndpointDescriptor {
  return { address, attributes: 2, maxPacketSize: BULK_PACKET[speed], interval: 0 };
}

/** usb_ep_autoconfig. @throws KernelError ENODEV the controller has no endpoint for it */
export function claim(binding: FunctionBinding, owner: string, descriptor: EndpointDescriptor): ClaimedEndpoint {
  const claimed = binding.claim(encodeEndpointDescriptor(descriptor));
  if (claimed !== undefined) return claimed;
  throw new KernelError('ENODEV', `bind ${owner}`, 'the controller has no endpoint left that fits.');
}

/** Speeds that a function has descriptors for on a controller (usb_assign_descriptors). */
export function describes({ controller }: FunctionBinding, speed: DescriptorSpeed): boolean {
  return speed === 'full' || atLeast(controller.maxSpeed, speed);
}

/** config_ep_by_speed, unless the endpoint kept its descriptor from the time before. */
export function configureOnce(binding: FunctionBinding, endpoint: GadgetEndpoint): void {
  if (endpoint.descriptor === undefined) binding.configureEndpoint(endpoint);
}

/** Does what the kernel does without looking at the result. */
export function attempt(call: () => void): void {
  try {
    call();
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
  }
}
