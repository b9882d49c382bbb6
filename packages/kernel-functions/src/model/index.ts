export { KernelFunctions } from './kernel-functions.ts';
export { KERNEL_FUNCTIONS, kernelFunctionModels } from './plugin.ts';
export type { KernelFunctionsOptions } from './registration.ts';
