/** Building blocks for the tables of functions. */
export const BOOLEAN = { kind: 'boolean' } as const;
export const U8 = { kind: 'number', from: 0, to: 0xff } as const;
export const U16 = { kind: 'number', from: 0, to: 0xffff } as const;
export const U32 = { kind: 'number', from: 0, to: 0xffff_ffff } as const;
export const S16 = { kind: 'number', from: -0x8000, to: 0x7fff } as const;
/** Steps that are divided by. */
export const POSITIVE_S16 = { kind: 'number', from: 1, to: 0x7fff } as const;
export const READ_ONLY_NUMBER = { kind: 'number', from: 0, to: 0xffff_ffff, readOnly: true } as const;
export const ETHERNET_ADDRESS = { kind: 'ethernet-address' } as const;
export const INTERFACE_NAME = { kind: 'interface-name' } as const;
export const PATH = { kind: 'path' } as const;

export const upTo = <const N extends number>(to: N, from = 0) => ({ kind: 'number', from, to }) as const;
export const text = (most: number) => ({ kind: 'text', most }) as const;
export const readOnlyText = (most: number) => ({ kind: 'text', most, readOnly: true }) as const;
