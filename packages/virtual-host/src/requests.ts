import { DescriptorType, Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';

const { DEVICE, INTERFACE, ENDPOINT } = RequestType;

function packet(requestType: number, request: number, value: number, index = 0, length = 0): SetupPacket {
  return { requestType, request, value, index, length };
}

/** The standard requests that a host sends (USB 2.0, 9.4; USB 3.2, 9.4). */
export const requests = {
  getDescriptor: (type: number, index: number, length: number): SetupPacket =>
    packet(USB_DIR_IN | DEVICE, Request.GET_DESCRIPTOR, (type << 8) | index, 0, length),
  getString: (index: number, language: number, length: number): SetupPacket =>
    packet(USB_DIR_IN | DEVICE, Request.GET_DESCRIPTOR, (DescriptorType.STRING << 8) | index, language, length),
  getDeviceStatus: (): SetupPacket => packet(USB_DIR_IN | DEVICE, Request.GET_STATUS, 0, 0, 2),
  getInterfaceStatus: (number: number): SetupPacket => packet(USB_DIR_IN | INTERFACE, Request.GET_STATUS, 0, number, 2),
  setAddress: (address: number): SetupPacket => packet(DEVICE, Request.SET_ADDRESS, address),
  setIsochDelay: (nanoseconds: number): SetupPacket => packet(DEVICE, Request.SET_ISOCH_DELAY, nanoseconds),
  setConfiguration: (value: number): SetupPacket => packet(DEVICE, Request.SET_CONFIGURATION, value),
  setInterface: (number: number, alternate: number): SetupPacket =>
    packet(INTERFACE, Request.SET_INTERFACE, alternate, number),
  setHalt: (address: number): SetupPacket => packet(ENDPOINT, Request.SET_FEATURE, Feature.ENDPOINT_HALT, address),
  clearHalt: (address: number): SetupPacket => packet(ENDPOINT, Request.CLEAR_FEATURE, Feature.ENDPOINT_HALT, address),
  setRemoteWakeup: (on: boolean): SetupPacket =>
    packet(DEVICE, on ? Request.SET_FEATURE : Request.CLEAR_FEATURE, Feature.REMOTE_WAKEUP),
  /** At SuperSpeed, functions wake the host. The high byte of wIndex has the bits for low power and for wakeup. */
  setFunctionWakeup: (on: boolean): SetupPacket =>
    packet(INTERFACE, Request.SET_FEATURE, Feature.FUNCTION_SUSPEND, on ? 0x0300 : 0),
} as const;

const names = new Map<number, string>(Object.entries(Request).map(([name, number]) => [number, name]));

/** Names a request in errors: `SET_INTERFACE(value 1, index 0)`, or the numbers of a request that is not standard. */
export function requestName({ requestType, request, value, index, length }: SetupPacket): string {
  const name = (requestType & RequestType.TYPE_MASK) === RequestType.STANDARD ? names.get(request) : undefined;
  if (name !== undefined) return `${name}(value ${value}, index ${index})`;
  const numbers = [requestType, request, value, index].map((it) => `0x${it.toString(16).padStart(2, '0')}`);
  return `control transfer ${numbers.join(' ')} of ${length} bytes`;
}
