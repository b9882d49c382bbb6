import { RequestType, type SetupPacket } from '@gadgetloom/udc';
import type { UsbControlTransferParameters } from './types.ts';

const types = { standard: RequestType.STANDARD, class: RequestType.CLASS, vendor: RequestType.VENDOR };
const recipients = {
  device: RequestType.DEVICE,
  interface: RequestType.INTERFACE,
  endpoint: RequestType.ENDPOINT,
  other: RequestType.OTHER,
};

/**
 * The SETUP packet of a control transfer. The numbers are cut to the width of their fields, as the IDL converts them.
 *
 * @throws TypeError there is no such type of request or no such recipient, or a number is missing
 */
export function setupPacket(setup: UsbControlTransferParameters, direction: number, length: number): SetupPacket {
  const type = types[setup.requestType];
  const recipient = recipients[setup.recipient];
  if (type === undefined || recipient === undefined) {
    throw new TypeError(`There is no request of type ${setup.requestType} to ${setup.recipient}.`);
  }
  const { request, value, index } = setup;
  if (request === undefined || value === undefined || index === undefined) {
    throw new TypeError('A control transfer needs a request, a value and an index.');
  }
  return {
    requestType: direction | type | recipient,
    request: request & 0xff,
    value: value & 0xffff,
    index: index & 0xffff,
    length,
  };
}
