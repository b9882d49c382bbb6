export { type LoopbackOptions, openLoopback } from './loopback.ts';
export { TinyContainer } from './tiny-container.ts';
