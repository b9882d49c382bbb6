import { joinDescriptors } from '@gadgetloom/udc';
import { DescriptorSubtype } from './acm-numbers.ts';

/** Values of the functional descriptors of a serial port. */
export interface AcmDescriptorOptions {
  /** Number of the control interface. */
  readonly controlInterface: number;
  /** Number of the data interface. */
  readonly dataInterface: number;
  /** bmCapabilities of the ACM descriptor: 2 for line coding and control lines, 4 for break. */
  readonly capabilities: number;
  /** bmCapabilities of the call management descriptor; 0 by default: the device manages no calls. */
  readonly callManagement?: number;
}

/** bDescriptorType of functional descriptors. */
const CS_INTERFACE = 0x24;
/** bcdCDC 1.10, in the order of the bus. */
const CDC_1_10 = [0x10, 0x01];

/** Writes the functional descriptors of a serial port: header, call management, ACM and union (CDC 1.2, section 5.2.3). */
export function encodeAcmDescriptors(options: AcmDescriptorOptions): Uint8Array {
  const { controlInterface, dataInterface, capabilities, callManagement = 0 } = options;
  return joinDescriptors([
    Uint8Array.of(5, CS_INTERFACE, DescriptorSubtype.HEADER, ...CDC_1_10),
    Uint8Array.of(5, CS_INTERFACE, DescriptorSubtype.CALL_MANAGEMENT, callManagement, dataInterface),
    Uint8Array.of(4, CS_INTERFACE, DescriptorSubtype.ACM, capabilities),
    Uint8Array.of(5, CS_INTERFACE, DescriptorSubtype.UNION, controlInterface, dataInterface),
  ]);
}
