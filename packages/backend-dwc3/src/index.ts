export type { InterruptLine } from './face/interrupt-line.ts';
export type { RegisterSpace } from './face/register-space.ts';
export { type CoreParameters, CoreRevision } from './hardware/core-parameters.ts';
export { Dwc3Hardware, type Dwc3HardwareOptions } from './hardware/dwc3-hardware.ts';
export { REGISTERS, type RegisterName, registerName } from './registers/register-map.ts';
