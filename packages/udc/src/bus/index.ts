export { type BusDevice, type BusTransfer, Handshake, packetSizeOf, USB_BUS, type UsbBus } from './bus.ts';
