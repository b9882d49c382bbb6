import type { BlockStore } from '@gadgetloom/usb-classes/mass-storage';
import { z } from 'zod';

const KIB = 1024;

/** ASCII that fits into a field of INQUIRY. */
const field = (most: number, what: string) =>
  z
    .string()
    .max(most, `has more than the ${most} characters that INQUIRY has for the ${what}`)
    .regex(/^[ -~]*$/, 'has to be printable ASCII');

const store = z.custom<BlockStore>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    ['read', 'write', 'flush'].every((name) => typeof Reflect.get(value, name) === 'function') &&
    ['size', 'blockSize'].every((name) => typeof Reflect.get(value, name) === 'number'),
  'has to be a block store: size, blockSize, readOnly, read, write and flush',
);

const unitFields = {
  /** Path of a file or block device, as the process sees it. Needs Node. */
  file: z.string().min(1).optional(),
  /** Any block store of the program. */
  store: store.optional(),
  /** Bytes of a disk in memory, which is gone with the program. */
  memory: z.number().int().min(512).optional(),
  /** The medium can be ejected and exchanged; false unless given. Without a medium it has to be true. */
  removable: z.boolean().optional(),
  /** Write-protects the medium; false unless given. A file that cannot be written is write-protected anyway. */
  readOnly: z.boolean().optional(),
  /** A CD drive: read-only, blocks of 2048 bytes; false unless given. */
  cdrom: z.boolean().optional(),
  /** Maker of the disk, up to 8 characters. */
  vendor: field(8, 'vendor').optional(),
  /** Name of the disk, up to 16 characters. */
  product: field(16, 'product').optional(),
  /** Version of the disk, up to 4 characters. */
  revision: field(4, 'revision').optional(),
  /** Serial number, up to 64 characters. */
  serial: field(64, 'serial number').optional(),
};

type Unit = z.output<z.ZodObject<typeof unitFields>>;
type Report = { addIssue: (issue: { code: 'custom'; message: string; path?: string[] }) => void };

function checkMedium({ file, store: given, memory, removable, cdrom }: Unit, context: Report): void {
  const media = [file, given, memory].filter((medium) => medium !== undefined);
  const issue = (message: string): void => context.addIssue({ code: 'custom', message });
  if (media.length > 1) issue('has more than one medium: give one of file, store and memory');
  if (media.length === 0 && removable !== true && cdrom !== true)
    issue('has no medium: give one of file, store and memory, or removable: true');
}

const unitOptions = z.strictObject(unitFields).superRefine(checkMedium);

/** The options of a disk: one unit, or several in `luns`. */
export const massStorageOptions = z
  .strictObject({
    ...unitFields,
    /** Logical units, up to 16, in place of the fields of one. */
    luns: z.array(unitOptions).min(1).max(16).optional(),
    /** May halt endpoints, as the Bulk-Only Transport wants it; true unless given. Turn it off for controllers that cannot. */
    stall: z.boolean().default(true),
    /** Bytes of a buffer; 128 KiB unless given. A multiple of 4 KiB. */
    bufferSize: z
      .number()
      .int()
      .min(4 * KIB)
      .max(4096 * KIB)
      .multipleOf(4 * KIB)
      .default(128 * KIB),
    /** Buffers, 2 to 32; 4 unless given. So many pieces of data are on their way at a time. */
    buffers: z.number().int().min(2).max(32).default(4),
    /** `dmabuf`: data moves without a copy where the controller can do that. `copy`: it never does. */
    path: z.enum(['dmabuf', 'copy']).default('dmabuf'),
  })
  .superRefine((options, context) => {
    if (options.luns === undefined) checkMedium(options, context);
    else {
      const both = Object.keys(unitFields).filter((name) => options[name as keyof Unit] !== undefined);
      if (both.length > 0)
        context.addIssue({ code: 'custom', message: `has luns, and also ${both.join(', ')}: move that into luns` });
    }
  });

/** What {@link massStorage} takes. */
export type MassStorageOptions = z.input<typeof massStorageOptions>;
/** What {@link massStorage} takes for one logical unit. */
export type UnitFields = z.input<typeof unitOptions>;
/** The options once they are checked. */
export type CheckedOptions = z.output<typeof massStorageOptions>;
/** The fields of one unit once they are checked. */
export type CheckedUnit = Unit;
