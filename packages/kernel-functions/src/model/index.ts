export { KernelFunctions } from './kernel-functions.ts';
export type { OpenBackingFile } from './mass-storage/lun-directory.ts';
export { KERNEL_FUNCTIONS, kernelFunctionModels } from './plugin.ts';
export type { KernelFunctionsOptions } from './registration.ts';
