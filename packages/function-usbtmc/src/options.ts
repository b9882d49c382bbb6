import { z } from 'zod';

const KIB = 1024;

/** Options of the function, in TypeScript and in a gadget file. */
export const usbtmcOptions = z.strictObject({
  /** Answer of `*IDN?`: maker, model, serial number and version, separated by commas (IEEE 488.2, 10.14). */
  identity: z
    .string()
    .max(72, 'has more than 72 characters')
    .regex(/^[ -~]*$/, 'has to be printable ASCII')
    .refine((text) => text.split(',').length === 4 && !text.includes(';'), 'has to be MAKER,MODEL,SERIAL,VERSION')
    .default('Gadgetloom,USBTMC,0,1.0'),
  /** True unless given: messages are SCPI. Otherwise `onMessage` gets their bytes. */
  scpi: z.boolean().default(true),
  /** Entries of the error queue, 2 to 1000; 20 unless given. */
  errorQueue: z.number().int().min(2).max(1000).default(20),
  /** Bytes that a message of the host may have; 1 MiB unless given. */
  longestMessage: z
    .number()
    .int()
    .min(64)
    .default(KIB * KIB),
  /** `dmabuf`: long answers leave without a copy where the controller can do that. `copy`: they never do. */
  path: z.enum(['dmabuf', 'copy']).default('dmabuf'),
  /** Bytes of a buffer for long answers, a multiple of 4 KiB; 256 KiB unless given. */
  bufferSize: z
    .number()
    .int()
    .min(4 * KIB)
    .max(16 * KIB * KIB)
    .multipleOf(4 * KIB)
    .default(256 * KIB),
  /** Buffers for long answers, 2 to 32; 4 unless given. */
  buffers: z.number().int().min(2).max(32).default(4),
});

/** What {@link usbtmc} takes. */
export type UsbtmcOptions = z.input<typeof usbtmcOptions>;
/** The options once they are checked. */
export type CheckedOptions = z.output<typeof usbtmcOptions>;
