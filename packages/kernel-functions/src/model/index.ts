export { KernelFunctions, type KernelFunctionsOptions } from './kernel-functions.ts';
export { KERNEL_FUNCTIONS, kernelFunctionModels } from './plugin.ts';
