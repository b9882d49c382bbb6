import { isKernelError } from '@gadgetloom/core';
import { bulk, defineFunction, type FunctionMaker } from '@gadgetloom/gadget';
import { BulkOnlyDisk, BulkOnlyRequest, DISK } from '@gadgetloom/usb-classes/mass-storage';
import { DiskPipes } from './disk-pipes.ts';
import { DiskUnits, type MassStorage } from './disk-units.ts';
import { type MassStorageOptions, massStorageOptions } from './options.ts';

/** Packets of a burst at SuperSpeed: the most that there is. */
const BURST = 16;

/** Errors of endpoints that the host has disabled. */
const DISABLED = ['ESHUTDOWN', 'EAGAIN', 'ENODEV', 'ECONNRESET', 'EBADF', 'EINTR', 'EPERM'] as const;

/** What a host sees: one interface with two bulk endpoints (BOT, 4). */
interface Description {
  readonly class: 8;
  readonly subclass: 6;
  readonly protocol: 0x50;
  readonly endpoints: {
    readonly in: ReturnType<typeof bulk.in>;
    readonly out: ReturnType<typeof bulk.out>;
  };
}

/**
 * A disk, or several, as a function of a gadget.
 *
 * @example
 * functions: { disk: massStorage({ file: 'disk.img', removable: true }) }
 */
export const massStorage: FunctionMaker<MassStorageOptions, Description, MassStorage> = defineFunction({
  kind: 'mass storage',
  options: massStorageOptions,
  describe: (): Description => ({
    class: 8,
    subclass: 6,
    protocol: 0x50,
    endpoints: { in: bulk.in({ burst: BURST }), out: bulk.out({ burst: BURST }) },
  }),
  async start(fn, options): Promise<MassStorage> {
    const units = new DiskUnits(options, { tell: (text) => fn.tell(text), report: (error) => fn.report(error) });
    const disk = new BulkOnlyDisk({ units: units.logicalUnits, personality: DISK, stall: options.stall });
    units.idle = () => disk.idle();
    fn.onClose(() => units.close());
    const { bufferSize, buffers } = options;
    const pipes = new DiskPipes({
      endpoints: { in: fn.endpoint('in'), out: fn.endpoint('out') },
      clock: fn.clock,
      bufferSize,
      buffers,
      allocate: options.path === 'copy' ? undefined : () => fn.allocate({ count: buffers, size: bufferSize }),
    });
    units.moves = () => pipes.path;

    fn.onRequest({ type: 'class', request: BulkOnlyRequest.GET_MAX_LUN, direction: 'in' }, ({ value, length }) =>
      value === 0 && length > 0 ? Uint8Array.of(disk.highestUnit) : false,
    );
    fn.onRequest({ type: 'class', request: BulkOnlyRequest.RESET, direction: 'out' }, async ({ value, length }) => {
      if (value !== 0 || length !== 0) return false;
      await disk.reset();
      return true;
    });
    fn.whileEnabled(async ({ signal }) => {
      await using session = await pipes.open(signal);
      const reason = await disk.serve(session);
      // Endpoints may be disabled before their function is told: then the session is about to end.
      if (DISABLED.some((code) => isKernelError(reason, code))) await aborted(signal);
      else throw reason;
    });
    return units;
  },
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
