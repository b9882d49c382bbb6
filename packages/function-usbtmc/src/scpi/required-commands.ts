import type { ScpiAnswer } from './answer.ts';
import { ScpiError } from './errors.ts';
import type { ScpiHandler, ScpiInterpreter } from './interpreter.ts';
import type { ScpiValue } from './parameters.ts';
import { EventStatus, type StatusRegister } from './status.ts';

/** The commands that IEEE 488.2 and SCPI 1999 require. A program may put its own in their place. */
export function addRequiredCommands(scpi: ScpiInterpreter, identity: string): void {
  const { status, errors } = scpi;
  const commands: Readonly<Record<string, ScpiHandler>> = {
    '*IDN?': () => identity,
    '*RST': () => {},
    '*TST?': () => 0,
    '*TRG': () => {},
    '*WAI': () => {},
    '*OPC': () => status.standard.raise(EventStatus.OPC),
    '*OPC?': () => 1,
    '*CLS': () => {
      errors.clear();
      for (const register of [status.standard, status.operation, status.questionable]) register.take();
    },
    '*ESE': (args) => enable(status.standard, args, 0xff),
    '*ESE?': () => status.standard.enable,
    '*ESR?': () => status.standard.take(),
    '*SRE': (args) => {
      status.serviceEnable = bits(args, 0xff);
    },
    '*SRE?': () => status.serviceEnable,
    '*STB?': () => status.byte,
    'SYSTem:ERRor[:NEXT]?': () => {
      const error = errors.shift();
      status.update();
      return error.format();
    },
    'SYSTem:ERRor:COUNt?': () => errors.length,
    'SYSTem:VERSion?': () => '1999.0',
    'STATus:PRESet': () => {
      status.operation.enable = 0;
      status.questionable.enable = 0;
      status.update();
    },
    ...register('OPERation', status.operation),
    ...register('QUEStionable', status.questionable),
  };
  for (const [pattern, handler] of Object.entries(commands)) scpi.add(pattern, handler);

  function enable(of: StatusRegister, args: readonly ScpiValue[], most: number): void {
    of.enable = bits(args, most);
    status.update();
  }

  function register(name: string, of: StatusRegister): Readonly<Record<string, ScpiHandler>> {
    return {
      [`STATus:${name}[:EVENt]?`]: (): ScpiAnswer => of.take(),
      [`STATus:${name}:CONDition?`]: (): ScpiAnswer => of.condition,
      [`STATus:${name}:ENABle`]: (args) => enable(of, args, 0xffff),
      [`STATus:${name}:ENABle?`]: (): ScpiAnswer => of.enable,
    };
  }
}

/** The value of a register. @throws ScpiError -109, -108, -104, -222 */
function bits(args: readonly ScpiValue[], most: number): number {
  const [value] = args;
  if (value === undefined) throw new ScpiError(-109);
  if (args.length > 1) throw new ScpiError(-108);
  if (typeof value !== 'number') throw new ScpiError(-104);
  const whole = Math.round(value);
  if (whole < 0 || whole > most) throw new ScpiError(-222);
  return whole;
}
