import { InProcessScenarioHost } from '@gadgetloom/conformance';
import type { Clock } from '@gadgetloom/core';
import type { BoardFaults } from '@gadgetloom/simulated-board';
import type { VirtualHost } from '@gadgetloom/virtual-host/model';
import type { RegisterTraces } from '../register-traces.ts';
import { BusHost } from './bus-host.ts';
import { Faults } from './faults.ts';
import { SerialProgram } from './serial-program.ts';
import { StorageProgram } from './storage-program.ts';
import { ZeroProgram } from './zero-program.ts';

/** Everything outside of the guest that programs in it can call. */
export function outsideServices(host: VirtualHost, faults: BoardFaults, clock: Clock, trace: RegisterTraces) {
  return {
    scenario: new InProcessScenarioHost(host),
    host: new BusHost(host, clock),
    faults: new Faults(faults),
    storage: new StorageProgram(host),
    serial: new SerialProgram(host),
    zero: new ZeroProgram(host),
    trace,
  } as const;
}

/** The services by name. */
export type OutsideServices = ReturnType<typeof outsideServices>;
