import { O_ACCMODE } from '../uapi.ts';
import type { DmaBufObject } from './buffer-object.ts';
import { USAGE_NAMES, Usage } from './usage.ts';

/** A fence of a buffer, as listed. */
export interface FenceStatistics {
  readonly usage: (typeof USAGE_NAMES)[number];
  readonly driverName: string;
  readonly timelineName: string;
  /** Number of its timeline. */
  readonly context: number;
  /** Place on its timeline. */
  readonly seqno: number;
  readonly signaled: boolean;
}

/** A buffer, as listed. */
export interface BufferStatistics {
  /** Bytes. */
  readonly size: number;
  /** Open flags of the file. */
  readonly flags: number;
  /** Mode of the file: FMODE_* bits. */
  readonly mode: number;
  /** References to the file. */
  readonly count: number;
  readonly exporterName: string;
  /** Number of its inode, from 1 on. */
  readonly inode: number;
  readonly name: string | undefined;
  /** Fences up to READ, signaled ones included, in the order of their slots. */
  readonly fences: readonly FenceStatistics[];
  /** Names of the attached devices, the newest first. */
  readonly attachments: readonly string[];
}

/** The buffers that debugfs lists in dma_buf/bufinfo. */
export interface DmaBufStatistics {
  /** The newest first. */
  readonly buffers: readonly BufferStatistics[];
  /** Bytes of all buffers. */
  readonly size: number;
}

/** FMODE_LSEEK and FMODE_OPENED, which every dma-buf has. */
const FILE_MODE = 0x4 | 0x80000;

/** Called by DmaBufModel. */
export function describeBuffers(objects: readonly DmaBufObject[]): DmaBufStatistics {
  const buffers = objects.map(describeBuffer);
  return { buffers, size: buffers.reduce((sum, { size }) => sum + size, 0) };
}

function describeBuffer(object: DmaBufObject): BufferStatistics {
  const { size, flags, exporterName, inode, name, references, attachments } = object;
  return {
    size,
    flags,
    mode: ((flags + 1) & O_ACCMODE) | FILE_MODE,
    count: references,
    exporterName,
    inode,
    name,
    fences: describeFences(object),
    attachments: attachments.map(({ device }) => device.name),
  };
}

function describeFences({ resv }: DmaBufObject): FenceStatistics[] {
  const slots = resv.slots;
  if (slots === undefined) return [];
  return slots.fences.flatMap((fence, at) => {
    const usage = slots.usages[at]!;
    if (usage > Usage.READ) return [];
    const { driverName, timelineName, context, seqno } = fence;
    return [{ usage: USAGE_NAMES[usage], driverName, timelineName, context, seqno, signaled: fence.isSignaled() }];
  });
}

const digits = (value: number): string => String(value).padStart(8, '0');
const hex = (value: number): string => value.toString(16).padStart(8, '0');
const line = (...columns: string[]): string => `${columns.join('\t')}\n`;

/** The text of dma_buf/bufinfo, byte for byte (dma_buf_debug_show). */
export function formatBufinfo(statistics: DmaBufStatistics): string {
  const { buffers, size } = statistics;
  let text = '\nDma-buf Objects:\n';
  text += line('size    ', 'flags   ', 'mode    ', 'count   ', 'exp_name', 'ino     ', 'name');
  for (const buffer of buffers) {
    const { flags, mode, count, exporterName, inode, name, fences, attachments } = buffer;
    text += line(
      digits(buffer.size),
      hex(flags),
      hex(mode),
      digits(count),
      exporterName,
      digits(inode),
      name ?? '<none>',
    );
    for (const { usage, driverName, timelineName, seqno, signaled } of fences)
      text += `\t${usage} fence:${driverName} ${timelineName} seq ${seqno} ${signaled ? '' : 'un'}signalled\n`;
    text += '\tAttached Devices:\n';
    for (const device of attachments) text += `\t${device}\n`;
    text += `Total ${attachments.length} devices attached\n\n`;
  }
  return `${text}\nTotal ${buffers.length} objects, ${size} bytes\n`;
}

/** Text of /proc/PID/fdinfo for a descriptor of the buffer (dma_buf_show_fdinfo). */
export function formatFdinfo(object: DmaBufObject): string {
  const { size, references, exporterName, name } = object;
  const text = `size:\t${size}\ncount:\t${references}\nexp_name:\t${exporterName}\n`;
  return name === undefined ? text : `${text}name:\t${name}\n`;
}
