export { HostTransfer } from './host-transfer.ts';
