export { BoundController, endpointDescriptor } from './bound-controller.ts';
export { handshakeName, hostTransfer } from './host-transfer.ts';
export { pattern, sameBytes } from './pattern.ts';
export { QuietBus } from './quiet-bus.ts';
export { QuietDriver } from './quiet-driver.ts';
export { WatchedRequest } from './watched-request.ts';
