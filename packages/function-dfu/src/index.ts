export { type Dfu, dfu } from './dfu.ts';
export { DfuImage, DownloadEnded } from './dfu-image.ts';
export type { DownloadHandler, UploadHandler } from './dfu-machine.ts';
export { DFU_STATES, DFU_STATUSES, DfuError, DfuRequest, type DfuState, type DfuStatus } from './dfu-protocol.ts';
export type { UploadSource } from './upload-reader.ts';
