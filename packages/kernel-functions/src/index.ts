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
