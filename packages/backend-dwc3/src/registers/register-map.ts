import { DEVICE_REGISTERS } from './device-registers.ts';
import { ro, rw } from './field.ts';
import { GLOBAL_REGISTERS } from './global-registers.ts';
import { type Register, register } from './register.ts';

/** Registers of the OTG block and the link, which the device side does not need: there, and without effect. */
const OTHER_REGISTERS = {
  OCFG: register(0xcc00, { VALUE: rw(0, 32) }),
  OCTL: register(0xcc04, { VALUE: rw(0, 32) }, { reset: 0x40 }),
  OEVT: register(0xcc08, { VALUE: ro(0, 32) }),
  OEVTEN: register(0xcc0c, { VALUE: rw(0, 32) }),
  OSTS: register(0xcc10, { VALUE: ro(0, 32) }, { reset: 0x0019 }),
  LLUCTL: register(0xd024, { FORCE_GEN1: rw(10) }),
} as const;

/** Every register of the model by name. */
export const REGISTERS = { ...GLOBAL_REGISTERS, ...DEVICE_REGISTERS, ...OTHER_REGISTERS };

/** Name of a register of the model. */
export type RegisterName = keyof typeof REGISTERS;

/** First and last byte offset of the model's registers. */
export const FIRST_OFFSET = 0xc100;
export const LAST_OFFSET = 0xd024;

/** Byte offset of a register. @param index of those of one kind */
export function offsetOf({ offset, stride }: Register, index = 0): number {
  return offset + index * stride;
}

/** Name of the register at an offset, such as `'DEPCMD(3)'`; `undefined` if there is none. */
export function registerName(offset: number): string | undefined {
  for (const [name, { offset: first, count, stride }] of Object.entries<Register>(REGISTERS)) {
    const index = (offset - first) / stride;
    if (Number.isInteger(index) && index >= 0 && index < count) return count === 1 ? name : `${name}(${index})`;
  }
  return undefined;
}
