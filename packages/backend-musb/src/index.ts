export { FIFO_MODES, type FifoSetup, type FifoStyle } from './driver/fifo-tables.ts';
export { MusbController, type MusbControllerOptions } from './driver/musb-controller.ts';
export type { DriverQuirks } from './driver/musb-state.ts';
export { MusbHardware, type MusbHardwareOptions } from './hardware/musb-hardware.ts';
export { MUSB_BOARD, musb } from './plugin/musb.ts';
export { MusbBoard, type MusbBoardOptions } from './plugin/musb-board.ts';
export type { MusbConfiguration, MusbOptions } from './plugin/musb-options.ts';
export { type MusbQuirk, type MusbQuirks, QUIRKS, type QuirkDescription } from './quirks/quirks.ts';
export { COMMON_REGISTERS } from './registers/core-registers.ts';
export { DMA_REGISTERS } from './registers/dma-registers.ts';
export { CONTROL_REGISTERS, ENDPOINT_REGISTERS } from './registers/endpoint-registers.ts';
export type { FieldAccess, FieldTable, FieldTuple, RegisterDescription, RegisterTable } from './registers/register.ts';
export {
  hardwareVersion,
  type InterruptLine,
  OMAP3_SILICON,
  type RegisterSpace,
  type SiliconConfiguration,
} from './registers/register-space.ts';
