import type { Dwc3Faults } from '@gadgetloom/backend-dwc3';
import { VirtualScenarioHost } from '@gadgetloom/conformance';
import type { Clock } from '@gadgetloom/core';
import type { VirtualHost } from '@gadgetloom/virtual-host';
import { BusHost } from './bus-host.ts';
import { Faults } from './faults.ts';
import { SerialProgram } from './serial-program.ts';
import { StorageProgram } from './storage-program.ts';
import { ZeroProgram } from './zero-program.ts';

/** Everything outside of the guest that programs in it can call. */
export function outsideServices(host: VirtualHost, faults: Dwc3Faults, clock: Clock) {
  return {
    scenario: new VirtualScenarioHost(host),
    host: new BusHost(host, clock),
    faults: new Faults(faults),
    storage: new StorageProgram(host),
    serial: new SerialProgram(host),
    zero: new ZeroProgram(host),
  } as const;
}

/** The services by name. */
export type OutsideServices = ReturnType<typeof outsideServices>;
