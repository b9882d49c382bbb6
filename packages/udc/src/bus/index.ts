export { type BusDevice, type BusTransfer, Handshake, USB_BUS, type UsbBus } from './bus.ts';
