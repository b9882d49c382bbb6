import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandParameters,
  completedCommand,
  DeviceEvent,
  decodeEvent,
  deviceEventWord,
  EndpointEvent,
  type EndpointEventFields,
  endpointEventWord,
} from './event.ts';

const endpointTypes = fc.constantFrom(...Object.values(EndpointEvent));
const deviceTypes = fc.constantFrom(...Object.values(DeviceEvent));

describe('the words of events', () => {
  it('of endpoints are decoded to what they were made of', () => {
    const numbers = fc.tuple(fc.nat({ max: 31 }), endpointTypes, fc.nat({ max: 15 }), fc.nat({ max: 0xffff }));
    fc.assert(
      fc.property(numbers, ([endpoint, type, status, parameters]) => {
        const word = endpointEventWord(endpoint, type, status, parameters);
        expect(decodeEvent(word)).toEqual({ kind: 'endpoint', endpoint, type, status, parameters });
      }),
    );
  });

  it('of the device are decoded to what they were made of', () => {
    fc.assert(
      fc.property(deviceTypes, fc.nat({ max: 0x1ff }), (type, info) => {
        expect(decodeEvent(deviceEventWord(type, info))).toEqual({ kind: 'device', type, info });
      }),
    );
  });

  it('name the command that is done', () => {
    const word = endpointEventWord(3, EndpointEvent.COMMAND_COMPLETE, 0, commandParameters(8));
    expect(completedCommand(decodeEvent(word) as EndpointEventFields)).toBe(8);
  });

  it('are as the manual has them, and others are not decoded', () => {
    // XferInProgress of physical endpoint 3 with IOC; Reset; an event of the OTG block.
    expect([endpointEventWord(3, EndpointEvent.XFER_IN_PROGRESS, 4), deviceEventWord(DeviceEvent.RESET)]).toEqual([
      0x4086, 0x101,
    ]);
    expect(decodeEvent(0x03)).toBeUndefined();
  });
});
