import { DescriptorType, Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '../chapter9.ts';
import { DELAYED_STATUS } from '../gadget-controller.ts';
import { atLeast, isSuperSpeed } from '../speed.ts';
import {
  bosDescriptor,
  configurationDescriptor,
  deviceDescriptor,
  qualifierDescriptor,
} from './composite-descriptors.ts';
import type { CompositeDevice } from './composite-device.ts';
import type { LinkedFunction } from './linked-function.ts';

/**
 * Result of a request: bytes to send (none means only the status stage), a delayed status, an errno to stall with, or
 * `'forward'` to offer it to the functions.
 */
export type Answer = Uint8Array | typeof DELAYED_STATUS | 'EOPNOTSUPP' | 'EINVAL' | 'forward';

interface StandardRequest {
  readonly request: number;
  /** The device answers only this bmRequestType and forwards the others. */
  readonly requestType: number;
  /** Only if the controller supports SuperSpeed. */
  readonly superSpeed?: true;
  answer(device: CompositeDevice, setup: SetupPacket): Answer;
}

const DEVICE_IN = USB_DIR_IN | RequestType.DEVICE;
const INTERFACE_IN = USB_DIR_IN | RequestType.INTERFACE;
const NOTHING = new Uint8Array(0);
/** wIndex of SET_FEATURE(FUNCTION_SUSPEND) (USB 3.2, table 9-8): suspend, and allow to wake. */
const FUNCTION_SUSPEND = 0x0100;
const FUNCTION_REMOTE_WAKE = 0x0200;

/** Requests that are not in the table are forwarded. Source: composite.c, composite_setup. */
const STANDARD_REQUESTS: readonly StandardRequest[] = [
  { request: Request.GET_DESCRIPTOR, requestType: DEVICE_IN, answer: getDescriptor },
  { request: Request.SET_CONFIGURATION, requestType: RequestType.DEVICE, answer: setConfiguration },
  { request: Request.GET_CONFIGURATION, requestType: DEVICE_IN, answer: getConfiguration },
  { request: Request.SET_INTERFACE, requestType: RequestType.INTERFACE, answer: setInterface },
  { request: Request.GET_INTERFACE, requestType: INTERFACE_IN, answer: getInterface },
  { request: Request.GET_STATUS, requestType: INTERFACE_IN, superSpeed: true, answer: getStatus },
  { request: Request.SET_FEATURE, requestType: RequestType.INTERFACE, superSpeed: true, answer: setFeature },
  { request: Request.CLEAR_FEATURE, requestType: RequestType.INTERFACE, superSpeed: true, answer: clearFeature },
];

/** Answers a standard request. @throws KernelError a function refuses it */
export function answerStandard(device: CompositeDevice, setup: SetupPacket): Answer {
  const row = STANDARD_REQUESTS.find(({ request }) => request === setup.request);
  if (row === undefined || row.requestType !== setup.requestType) return 'forward';
  if (row.superSpeed && !isSuperSpeed(device.core.controller.maxSpeed)) return 'forward';
  return row.answer(device, setup);
}

function getDescriptor(device: CompositeDevice, setup: SetupPacket): Answer {
  const { controller } = device.core;
  const type = setup.value >> 8;
  const index = setup.value & 0xff;
  const dualSpeed = atLeast(controller.maxSpeed, 'high') && !isSuperSpeed(controller.speed);
  switch (type) {
    case DescriptorType.DEVICE:
      return clip(deviceDescriptor(device), setup);
    case DescriptorType.DEVICE_QUALIFIER:
      return dualSpeed ? clip(qualifierDescriptor(device), setup) : 'EOPNOTSUPP';
    case DescriptorType.OTHER_SPEED_CONFIG:
      return dualSpeed ? clip(configurationDescriptor(device, type, index), setup) : 'EOPNOTSUPP';
    case DescriptorType.CONFIG:
      return clip(configurationDescriptor(device, type, index), setup);
    case DescriptorType.STRING:
      return clip(device.stringDescriptor(index, setup.index), setup);
    case DescriptorType.BOS:
      return clip(bosDescriptor(device), setup, 'EOPNOTSUPP');
    default:
      return 'EOPNOTSUPP';
  }
}

function setConfiguration(device: CompositeDevice, setup: SetupPacket): Answer {
  return device.selectConfiguration(setup.value);
}

function getConfiguration(device: CompositeDevice, setup: SetupPacket): Answer {
  return clip(Uint8Array.of(device.configuration?.value ?? 0), setup);
}

function setInterface(device: CompositeDevice, setup: SetupPacket): Answer {
  const link = ownerOf(device, setup);
  if (link === undefined) return 'EOPNOTSUPP';
  if (setup.value !== 0 && link.function.alternate === undefined) return 'EOPNOTSUPP';
  if (link.function.setAlternate(setup.index, setup.value) !== DELAYED_STATUS) return NOTHING;
  device.delayStatus();
  return DELAYED_STATUS;
}

function getInterface(device: CompositeDevice, setup: SetupPacket): Answer {
  const link = ownerOf(device, setup);
  if (link === undefined) return 'EOPNOTSUPP';
  return clip(Uint8Array.of(link.function.alternate?.(setup.index) ?? 0), setup);
}

/** The answer is two bytes whatever wLength says, as in the kernel. */
function getStatus(device: CompositeDevice, setup: SetupPacket): Answer {
  const link = ownerOf(device, setup);
  let status = link?.function.status?.() ?? 0;
  // Bit 0: the function is able to wake the host. Bit 1: the host allows it.
  if (link !== undefined && !link.configuration.remoteWakeup) status &= ~0b11;
  return Uint8Array.of(status & 0xff, (status >> 8) & 0xff);
}

function setFeature(device: CompositeDevice, setup: SetupPacket): Answer {
  const link = suspendable(device, setup);
  if (link === undefined) return 'EOPNOTSUPP';
  if (link.function.suspendFunction !== undefined) {
    link.function.suspendFunction(setup.index >> 8);
    return NOTHING;
  }
  const mayWake = (setup.index & FUNCTION_REMOTE_WAKE) !== 0;
  if (mayWake && !link.configuration.remoteWakeup) return NOTHING;
  link.wakeupArmed = mayWake;
  if ((setup.index & FUNCTION_SUSPEND) === 0) resumeFunction(link);
  else if (link.function.suspend !== undefined && !link.suspended) {
    link.function.suspend();
    link.suspended = true;
  }
  return NOTHING;
}

function clearFeature(device: CompositeDevice, setup: SetupPacket): Answer {
  const link = suspendable(device, setup);
  if (link === undefined) return 'EOPNOTSUPP';
  if (link.function.suspendFunction !== undefined) {
    link.function.suspendFunction(setup.index >> 8);
    return NOTHING;
  }
  link.wakeupArmed = false;
  resumeFunction(link);
  return NOTHING;
}

function resumeFunction(link: LinkedFunction): void {
  if (link.function.resume === undefined || !link.suspended) return;
  link.function.resume();
  link.suspended = false;
}

function suspendable(device: CompositeDevice, setup: SetupPacket): LinkedFunction | undefined {
  return setup.value === Feature.FUNCTION_SUSPEND ? ownerOf(device, setup) : undefined;
}

function ownerOf(device: CompositeDevice, setup: SetupPacket): LinkedFunction | undefined {
  return device.configuration?.interfaces[setup.index & 0xff];
}

function clip(bytes: Uint8Array | undefined, setup: SetupPacket, missing: 'EOPNOTSUPP' | 'EINVAL' = 'EINVAL'): Answer {
  return bytes === undefined ? missing : bytes.subarray(0, setup.length);
}
