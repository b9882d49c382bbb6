import {
  encodeDescriptors,
  encodeStrings,
  type FunctionDescriptor,
  type FunctionDescriptors,
} from '@gadgetloom/functionfs';
import type { GadgetConfig } from '@gadgetloom/udc';

const US_ENGLISH = 0x409;
const BULK = 2;
const VENDOR_SPECIFIC = 0xff;

/** The endpoints of every scenario, in the order of their descriptors. */
export const SCENARIO_ENDPOINTS = [
  { file: 'ep1', address: 0x81 },
  { file: 'ep2', address: 0x02 },
  { file: 'ep3', address: 0x83 },
  { file: 'ep4', address: 0x04 },
] as const;

/** The gadget of every scenario. */
export const scenarioGadget: GadgetConfig = {
  name: 'scenario',
  vendorId: 0x1d6b,
  productId: 0x0104,
  strings: { [US_ENGLISH]: { manufacturer: 'Gadgetloom', product: 'Scenario', serialNumber: '1' } },
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'scenario' }] }],
};

function descriptors(maxPacketSize: number, superSpeed: boolean): FunctionDescriptor[] {
  return [
    {
      type: 'interface',
      number: 0,
      alternate: 0,
      endpoints: SCENARIO_ENDPOINTS.length,
      class: VENDOR_SPECIFIC,
      subClass: 0,
      protocol: 0,
      string: 1,
    },
    ...SCENARIO_ENDPOINTS.flatMap(({ address }): FunctionDescriptor[] => [
      { type: 'endpoint', address, attributes: BULK, maxPacketSize, interval: 0 },
      ...(superSpeed ? [{ type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 } as const] : []),
    ]),
  ];
}

/** The descriptors blob of every scenario: full, high and super speed. @param flags what else the function asks for */
export function encodeScenarioDescriptors(flags: Partial<FunctionDescriptors> = {}): Uint8Array {
  return encodeDescriptors({
    ...flags,
    full: descriptors(64, false),
    high: descriptors(512, false),
    super: descriptors(1024, true),
  });
}

/** The strings blob of every scenario. */
export function encodeScenarioStrings(): Uint8Array {
  return encodeStrings([{ language: US_ENGLISH, strings: ['loopbk'] }]);
}
