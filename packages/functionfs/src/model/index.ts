export { EndpointFileModel } from './endpoint-file-model.ts';
export { Ep0FileModel } from './ep0-file-model.ts';
export { EventFd } from './event-fd.ts';
export type { FfsState } from './ffs-data.ts';
export { FunctionFsModel, type FunctionFsModelOptions } from './function-fs-model.ts';
export { type KernelModelOptions, kernelModel } from './kernel-model.ts';
export { MountModel, type MountPermissions } from './mount-model.ts';
