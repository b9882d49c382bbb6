import type { BlockStore } from '../block-store.ts';
import { BulkOnlyDisk } from '../bulk-only/bulk-only-disk.ts';
import { memoryStore } from '../memory-store.ts';
import { LogicalUnit, type UnitEvents, type UnitOptions } from '../scsi/logical-unit.ts';
import { DISK } from '../scsi/personalities.ts';
import type { Personality } from '../scsi/personality.ts';
import { BulkOnlyHost } from './bulk-only-host.ts';
import { MemoryBus, type MemoryBusOptions } from './memory-bus.ts';

/** What {@link sampleDisk} takes. */
export interface SampleDisk extends MemoryBusOptions {
  /** One unit each; one of 1 MiB in memory unless given. */
  readonly units?: readonly Partial<UnitOptions>[];
  readonly personality?: Personality;
  /** True unless given. */
  readonly stall?: boolean;
  readonly events?: UnitEvents;
  /** Leaves the unit attention of the first command to the test. */
  readonly attention?: boolean;
}

/** A disk on a bus in memory, which is being served, and its host. */
export interface ServedDisk extends AsyncDisposable {
  readonly disk: BulkOnlyDisk;
  readonly bus: MemoryBus;
  readonly host: BulkOnlyHost;
  readonly units: readonly LogicalUnit[];
  /** Resolves with the reason once the disk is no longer served. */
  readonly served: Promise<unknown>;
}

/** Makes a disk on a bus in memory, for tests. */
export function sampleDisk({
  units: given = [{}],
  personality = DISK,
  stall = true,
  events = {},
  attention = false,
  ...bus
}: SampleDisk = {}): ServedDisk {
  const units = given.map((options, number) => {
    const store: BlockStore | undefined = 'store' in options ? options.store : memoryStore({ size: 1024 * 1024 });
    const inquiryText = 'ACME    Sample Disk     1.0 ';
    return new LogicalUnit(number, { inquiryText, serial: '0042', removable: true, ...options, store }, events);
  });
  const disk = new BulkOnlyDisk({ units, personality, stall });
  const memoryBus = new MemoryBus(bus);
  memoryBus.onReset = () => disk.reset();
  const served = disk.serve(memoryBus);
  if (!attention) for (const unit of units) unit.attention = 0;
  return {
    disk,
    bus: memoryBus,
    host: new BulkOnlyHost(memoryBus.host),
    units,
    served,
    async [Symbol.asyncDispose]() {
      await memoryBus.disconnect();
      await served;
    },
  };
}
