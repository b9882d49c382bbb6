import { KernelError } from '@gadgetloom/core';
import type { DmaDirection, ScatterTable } from '../scatter-list.ts';
import type { Attachment } from './attachment.ts';
import type { DmaBufObject } from './buffer-object.ts';
import type { Reservation } from './reservation.ts';

/**
 * Operations of an exporter. They throw a KernelError to refuse. Source: include/linux/dma-buf.h, struct dma_buf_ops.
 *
 * Called without the reservation's lock: `attach`, `detach`, `release`, `beginCpuAccess`, `endCpuAccess`, `mmap`.
 * Called with it: `pin`, `unpin`, `mapDmaBuf`, `unmapDmaBuf`, `vmap`, `vunmap`.
 */
export interface DmaBufOps {
  /** Keep a mapping until detach, and give it to every map in between. Not together with `pin` and `unpin`. */
  readonly cacheSgtMapping?: boolean;
  /** May the device have the buffer at all? `attachment.priv` is the exporter's to use. */
  attach?(buffer: DmaBufObject, attachment: Attachment): void;
  /** Undoes `attach`. */
  detach?(buffer: DmaBufObject, attachment: Attachment): void;
  /** Keeps the buffer from moving. With `unpin`, and only then, the exporter is dynamic. */
  pin?(attachment: Attachment): void;
  /** Undoes `pin`. */
  unpin?(attachment: Attachment): void;
  /** Makes the buffer visible to the attached device. Mandatory. Giving nothing counts as ENOMEM. */
  mapDmaBuf(attachment: Attachment, direction: DmaDirection): ScatterTable | undefined;
  /** Undoes `mapDmaBuf`. Mandatory. */
  unmapDmaBuf(attachment: Attachment, table: ScatterTable, direction: DmaDirection): void;
  /** The last reference is gone. Mandatory. */
  release(buffer: DmaBufObject): void;
  /** Gets the bytes ready for the CPU, before the fences are waited for. */
  beginCpuAccess?(buffer: DmaBufObject, direction: DmaDirection): void;
  /** The CPU is done with the bytes. */
  endCpuAccess?(buffer: DmaBufObject, direction: DmaDirection): void;
  /** Bytes for user space; `length` and `offset` are whole pages inside the buffer. */
  mmap?(buffer: DmaBufObject, length: number, offset: number): Uint8Array;
  /** All bytes, for the kernel itself. */
  vmap?(buffer: DmaBufObject): Uint8Array;
  /** Undoes `vmap`, after the last of its users. */
  vunmap?(buffer: DmaBufObject, map: Uint8Array): void;
}

/** Description of a buffer to export (struct dma_buf_export_info). */
export interface ExportInfo {
  readonly exporterName: string;
  /** Bytes. */
  readonly size: number;
  readonly ops: DmaBufOps;
  /** Open flags of the file; only O_ACCMODE and O_NONBLOCK are kept. O_RDONLY unless given. */
  readonly flags?: number;
  /** Shared with other buffers; each has its own unless given. */
  readonly resv?: Reservation;
  /** The exporter's own; must not be null or undefined. */
  readonly priv: unknown;
  /** The driver that exports; one that is going away cannot. */
  readonly owner?: { readonly name: string; readonly going: boolean };
}

const MANDATORY = ['mapDmaBuf', 'unmapDmaBuf', 'release'] as const;

/**
 * The rules of dma_buf_export.
 *
 * @throws KernelError EINVAL something mandatory is missing, or operations exclude each other; ENOENT the owner is going
 */
export function checkExport(info: ExportInfo): void {
  const broken = brokenRule(info);
  if (broken !== undefined) throw new KernelError('EINVAL', 'dma_buf_export', broken);
  if (info.owner?.going) throw new KernelError('ENOENT', 'dma_buf_export', `${info.owner.name} is being unloaded.`);
}

function brokenRule(info: ExportInfo): string | undefined {
  const ops: Partial<DmaBufOps> | undefined = info.ops;
  if (info.priv === undefined || info.priv === null) return 'priv is missing.';
  if (ops === undefined || ops === null) return 'ops are missing.';
  for (const name of MANDATORY) if (ops[name] === undefined) return `ops.${name} is mandatory.`;
  const pins = ops.pin !== undefined;
  const unpins = ops.unpin !== undefined;
  if (ops.cacheSgtMapping && (pins || unpins)) return 'cacheSgtMapping excludes pin and unpin: a mapping cannot move.';
  if (pins !== unpins) return 'pin and unpin only go together.';
  return info.exporterName === undefined ? 'exporterName is missing.' : undefined;
}
