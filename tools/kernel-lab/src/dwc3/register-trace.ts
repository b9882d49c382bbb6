import {
  EndpointCommand,
  REGISTERS,
  type RegisterName,
  type RegisterSpace,
  registerName,
} from '@gadgetloom/backend-dwc3/hardware';

/** Written for every event and every command, and different each time: addresses, and how far the event ring is read. */
const ROUTINE = /^(GEVNT|DEPCMDPAR|DGCMDPAR|GUID|DEV_IMOD)/;
const COMMANDS = new Map(Object.entries(EndpointCommand).map(([name, value]) => [value as number, name]));

/** Registers that keep what a driver writes to them, in words. */
export class RegisterTrace implements RegisterSpace {
  readonly writes: string[] = [];
  readonly #registers: RegisterSpace;

  constructor(registers: RegisterSpace) {
    this.#registers = registers;
  }

  read(offset: number): number {
    return this.#registers.read(offset);
  }

  write(offset: number, value: number): void {
    const name = registerName(offset);
    if (name !== undefined && !ROUTINE.test(name)) this.writes.push(`${name} ${describe(name, value >>> 0)}`.trim());
    this.#registers.write(offset, value);
  }
}

/** The fields of a word that are not zero. */
function describe(name: string, word: number): string {
  const [kind] = name.split('(') as [RegisterName];
  if (kind === 'DEPCMD') return COMMANDS.get(word & REGISTERS.DEPCMD.fields.CMDTYP.mask) ?? `0x${word.toString(16)}`;
  return Object.entries(REGISTERS[kind].fields)
    .map(([field, { low, mask, width }]) => [field, (word & mask) >>> low, width] as const)
    .filter(([, value]) => value !== 0)
    .map(([field, value, width]) => (width === 1 ? field : `${field}=0x${value.toString(16)}`))
    .join(' ');
}

/** Two traces side by side, as a table in Markdown: what both write is in one row. */
export function sideBySide(names: readonly [string, string], one: readonly string[], other: readonly string[]): string {
  const rows = align(one, other).map(([left, right]) => `| ${cell(left)} | ${cell(right)} |`);
  return [`| ${names[0]} | ${names[1]} |`, '| --- | --- |', ...rows].join('\n');
}

const cell = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);

/** Pairs the longest common subsequence. */
function align(one: readonly string[], other: readonly string[]): [string | undefined, string | undefined][] {
  const lengths = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  for (let i = one.length - 1; i >= 0; i--)
    for (let j = other.length - 1; j >= 0; j--)
      lengths[i]![j] =
        one[i] === other[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const pairs: [string | undefined, string | undefined][] = [];
  for (let i = 0, j = 0; i < one.length || j < other.length; ) {
    if (i < one.length && j < other.length && one[i] === other[j]) pairs.push([one[i++], other[j++]]);
    else if (j >= other.length || (i < one.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!))
      pairs.push([one[i++], undefined]);
    else pairs.push([undefined, other[j++]]);
  }
  return pairs;
}
