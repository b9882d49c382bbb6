import {
  type CompatibleId,
  DescriptorType,
  type DeviceCapability,
  decodeCompatibleIds,
  decodeExtendedProperties,
  decodeOsString,
  decodeUrl,
  decodeWebUsb,
  type ExtendedProperty,
  OS_STRING_INDEX,
  Request,
  RequestType,
  type SetupPacket,
  USB_DIR_IN,
  WEBUSB_UUID,
} from '@gadgetloom/udc';

/** What a browser reads of a device (WebUSB). */
export interface WebUsbDescription {
  /** bcdVersion. */
  readonly version: number;
  /** bVendorCode: bRequest of the request for the page. */
  readonly vendorCode: number;
  readonly landingPage: string | undefined;
  /** The URL descriptor, if there is a page. */
  readonly bytes: Uint8Array | undefined;
}

/** What Windows reads of a device (Microsoft OS 1.0 descriptors). */
export interface MicrosoftOsDescription {
  /** qwSignature. */
  readonly signature: string;
  /** bMS_VendorCode: bRequest of the requests for the descriptors. */
  readonly vendorCode: number;
  readonly interfaces: readonly DescribedInterfaceOs[];
  /** String 0xee, the compatible ids, and the properties of each interface in the order of `interfaces`. */
  readonly bytes: readonly Uint8Array[];
}

/** What Windows reads of an interface. */
export interface DescribedInterfaceOs extends CompatibleId {
  readonly properties: readonly ExtendedProperty[];
}

type Ask = (setup: SetupPacket) => Uint8Array | undefined;

/** wIndex of the requests: GET_URL of WebUSB, compatible ids and properties of Microsoft OS descriptors. */
const GET_URL = 2;
const COMPATIBLE_IDS = 4;
const PROPERTIES = 5;

/** Asks a device for what browsers and Windows ask for. */
export function describeHost(
  ask: Ask,
  bos: readonly DeviceCapability[] | undefined,
): { readonly webUsb: WebUsbDescription | undefined; readonly microsoftOs: MicrosoftOsDescription | undefined } {
  return { webUsb: describeWebUsb(ask, bos), microsoftOs: describeMicrosoftOs(ask) };
}

function describeWebUsb(ask: Ask, bos: readonly DeviceCapability[] = []): WebUsbDescription | undefined {
  const found = bos.find((one) => one.type === 'platform' && one.uuid === WEBUSB_UUID);
  const capability = found?.type === 'platform' ? decodeWebUsb(found) : undefined;
  if (capability === undefined) return undefined;
  const { version, vendorCode, landingPageIndex } = capability;
  const bytes =
    landingPageIndex === 0
      ? undefined
      : ask({ ...vendor(RequestType.DEVICE, vendorCode, GET_URL), value: landingPageIndex, length: 255 });
  return { version, vendorCode, landingPage: bytes && decodeUrl(bytes), bytes };
}

function describeMicrosoftOs(ask: Ask): MicrosoftOsDescription | undefined {
  const string = ask({
    requestType: USB_DIR_IN,
    request: Request.GET_DESCRIPTOR,
    value: (DescriptorType.STRING << 8) | OS_STRING_INDEX,
    index: 0,
    length: 18,
  });
  if (string === undefined) return undefined;
  const { signature, vendorCode } = decodeOsString(string);
  const ids = ask({ ...vendor(RequestType.DEVICE, vendorCode, COMPATIBLE_IDS), value: 0, length: 4096 });
  if (ids === undefined) return { signature, vendorCode, interfaces: [], bytes: [string] };
  const bytes = [string, ids];
  const interfaces = decodeCompatibleIds(ids).map((one) => {
    const setup = vendor(RequestType.INTERFACE, vendorCode, PROPERTIES);
    const answer = ask({ ...setup, value: one.interfaceNumber, length: 4096 });
    if (answer !== undefined) bytes.push(answer);
    return { ...one, properties: answer === undefined ? [] : decodeExtendedProperties(answer) };
  });
  return { signature, vendorCode, interfaces, bytes };
}

function vendor(recipient: number, request: number, index: number) {
  return { requestType: USB_DIR_IN | RequestType.VENDOR | recipient, request, index };
}
