export type { InterruptLine } from '@gadgetloom/simulated-board';
export type { RegisterSpace } from '../face/register-space.ts';
export { EndpointCommand } from '../registers/command.ts';
export { REGISTERS, type RegisterName, registerName } from '../registers/register-map.ts';
export { type CoreParameters, CoreRevision } from './core-parameters.ts';
export { Dwc3Hardware, type Dwc3HardwareOptions } from './dwc3-hardware.ts';
