export type { NodeDuplex } from './serial/node-duplex.ts';
export { openSerialPort } from './serial/open-serial-port.ts';
export type { SerialFile, SerialTerminal } from './serial/serial-file.ts';
export {
  type ControlLines,
  type LineChange,
  SERIAL_FUNCTIONS,
  SERIAL_PORTS,
  type SerialLine,
  type SerialPort,
  type SerialPortAddress,
  type SerialPorts,
  type SerialRead,
  type SerialWait,
} from './serial/serial-port.ts';
export { portStream, type SerialStream, serialStream } from './serial/serial-stream.ts';
