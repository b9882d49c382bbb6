export { main } from './cli.ts';
export type { Output } from './terminal/output.ts';
