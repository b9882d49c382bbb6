/** A published measurement of real hardware. */
export interface Measurement {
  /** The author of the measurement, and where it is published. */
  readonly source: string;
  readonly hardware: string;
  readonly speed: 'full' | 'high' | 'super';
  /** `'both'`: the sum of both directions, used at the same time. */
  readonly direction: 'in' | 'out' | 'both';
  /** Bytes of each transfer. */
  readonly size: number;
  readonly depth: number;
  readonly bytesPerSecond: number;
  /** The conditions that differ from those of the prediction. */
  readonly remark?: string;
}

const MIB = 1024 * 1024;

/**
 * Published measurements of real hardware. A prediction includes the bus and the controller, but not the processors at
 * both ends. It should lie above the measurements, and close to them where transfers are large.
 */
export const PUBLISHED: readonly Measurement[] = [
  {
    source: 'FunctionFS DMABUF on a phone, August 2026: 2.49 ms per MiB',
    hardware: 'dwc3, OnePlus 15',
    ...{ speed: 'super', direction: 'in', size: MIB, depth: 1, bytesPerSecond: MIB / 2.49e-3 },
  },
  {
    source: 'FunctionFS DMABUF on a phone, August 2026: 2.57 ms per MiB',
    hardware: 'dwc3, OnePlus 15',
    ...{ speed: 'super', direction: 'out', size: MIB, depth: 1, bytesPerSecond: MIB / 2.57e-3 },
  },
  {
    source: 'FunctionFS DMABUF on a phone, August 2026',
    hardware: 'dwc3, OnePlus 15',
    ...{ speed: 'super', direction: 'both', size: 80_000, depth: 4, bytesPerSecond: 824e6 },
    remark: 'sum of both directions at a time',
  },
  {
    source: 'plutosdr-fw issue 61: 20 to 25 MB/s',
    hardware: 'chipidea, ADALM-Pluto',
    ...{ speed: 'high', direction: 'in', size: MIB, depth: 4, bytesPerSecond: 25e6 },
    remark: 'libiio with copies, its processor is the limit',
  },
  {
    source: 'python-functionfs: about 10.7 MB/s each way',
    hardware: 'musb, Orange Pi Zero',
    ...{ speed: 'high', direction: 'both', size: 65_536, depth: 1, bytesPerSecond: 21.4e6 },
    remark: 'asynchronous I/O with copies; sum of both directions at a time',
  },
];
