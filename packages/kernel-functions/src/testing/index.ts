export { playSerial, SERIAL_STEPS, type SerialScene, type SerialStep } from './serial-steps.ts';
