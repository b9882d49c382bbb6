import { RequestType, type SetupPacket, USB_DIR_IN } from '../chapter9.ts';
import type { GadgetConfig, WebUsbConfig } from '../controller.ts';
import type { CompositeDevice } from './composite-device.ts';
import { compatibleIds, extendedProperties } from './os-descriptors.ts';
import type { Answer } from './standard-requests.ts';

/** wIndex of the request for the landing page (WebUSB, "Get URL"); the only URL has index 1. */
const GET_URL = 2;
const URL_HEADER = 3;
const URL_DESCRIPTOR = 3;
/** Most bytes after the scheme that the kernel sends, unless wLength is 255; configfs accepts three more. */
const URL_LIMIT = 249;
/** bScheme by the prefix that it replaces. */
const URL_SCHEMES = [
  ['https://', 1],
  ['http://', 0],
] as const;
const NO_SCHEME = 255;

/**
 * Answers the framework's requests for Microsoft OS descriptors and WebUSB.
 * Source: composite.c, composite_setup.
 */
export function answerVendor(device: CompositeDevice, setup: SetupPacket): Answer {
  const { osDescriptors, osConfiguration } = device;
  const vendor = (setup.requestType & RequestType.VENDOR) !== 0;
  if (osDescriptors && osConfiguration && vendor && setup.request === osDescriptors.vendorCode) {
    const recipient = setup.requestType & RequestType.RECIPIENT_MASK;
    if (setup.value >> 8 !== 0) return 'EOPNOTSUPP';
    if (recipient === RequestType.DEVICE && setup.index === 4) return compatibleIds(osConfiguration, setup.length);
    if (recipient === RequestType.INTERFACE && setup.index === 5) {
      const interfaceNumber = setup.value & 0xff;
      if (osConfiguration.interfaces[interfaceNumber] === undefined) return 'EOPNOTSUPP';
      return extendedProperties(osConfiguration, interfaceNumber, setup.length) ?? 'EINVAL';
    }
    return 'EOPNOTSUPP';
  }
  return wantsUrl(device.config, setup) ? landingPage(device.config.webUsb!, setup.length) : 'forward';
}

function wantsUrl(config: GadgetConfig, setup: SetupPacket): boolean {
  return (
    config.webUsb !== undefined &&
    setup.requestType === (USB_DIR_IN | RequestType.VENDOR) &&
    setup.index === GET_URL &&
    setup.value === 1 &&
    setup.request === config.webUsb.vendorCode
  );
}

/**
 * The URL descriptor. Its bLength counts the bytes that are sent. If wLength has room for the address without its
 * scheme, but not with it, the answer is padded with zeros, because the kernel compares with the length of the whole
 * address.
 */
function landingPage({ landingPage: page = '' }: WebUsbConfig, length: number): Uint8Array {
  const [prefix, scheme] = URL_SCHEMES.find(([text]) => page.toLowerCase().startsWith(text)) ?? ['', NO_SCHEME];
  const address = new TextEncoder().encode(page);
  let end = Math.min(address.length, URL_LIMIT + prefix.length);
  if (length < URL_HEADER) end = prefix.length;
  else if (length < URL_HEADER + end) end = length - URL_HEADER + prefix.length;
  const sent = new Uint8Array(URL_HEADER + end - prefix.length);
  sent.set([sent.length, URL_DESCRIPTOR, scheme]);
  sent.set(address.subarray(prefix.length, end), URL_HEADER);
  return sent;
}
