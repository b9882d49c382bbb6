/** Counts since the device is served, over all its connections. */
export interface DeviceStatistics {
  /** Front ends that connected. */
  readonly connections: number;
  /** Reads of configuration space. */
  readonly configurationReads: number;
  /** Writes to configuration space. */
  readonly configurationWrites: number;
  /** Reads of BARs, as the driver made them. */
  readonly registerReads: number;
  /** Writes to BARs, as the driver made them. */
  readonly registerWrites: number;
  /** Interrupt messages that were sent, INTx and MSI. */
  readonly interrupts: number;
  /** Times the driver woke this process. */
  readonly kicks: number;
  /** Times the device called the driver about used virtqueue entries. */
  readonly calls: number;
}

/** Writable {@link DeviceStatistics}. */
export class DeviceCounts implements DeviceStatistics {
  connections = 0;
  configurationReads = 0;
  configurationWrites = 0;
  registerReads = 0;
  registerWrites = 0;
  interrupts = 0;
  kicks = 0;
  calls = 0;
}
