import type { ReportType } from './hid-numbers.ts';

/** Fields of a report that one main item declares: `count` values of `size` bits. */
export interface ReportField {
  /** Place of the first bit in the report, without the report id. */
  readonly bit: number;
  /** Bits of each value, 1 to 32. */
  readonly size: number;
  readonly count: number;
  /** False: each value holds a usage that is on. True: each value belongs to one usage. */
  readonly variable: boolean;
  /** Padding. */
  readonly constant: boolean;
  /** Least and greatest logical value. Values are signed if the least is negative. */
  readonly logical: readonly [least: number, greatest: number];
  /** Usages as 32-bit numbers: the page in the high half. The last one stands for all values that follow. */
  readonly usages: readonly number[];
}

/** One report of a device. */
export interface ReportLayout {
  readonly type: ReportType;
  /** The report id, 1 to 255; 0 in devices without report ids. */
  readonly id: number;
  /** Bytes without the report id. */
  readonly bytes: number;
  readonly fields: readonly ReportField[];
}

/** What a report descriptor says. */
export interface HidDescription {
  /** The report descriptor. */
  readonly descriptor: Uint8Array;
  /** True if each report begins with its id. */
  readonly usesIds: boolean;
  readonly reports: readonly ReportLayout[];
  /** Usages of the application collections, as 32-bit numbers: the page in the high half. */
  readonly applications: readonly number[];
}

/** Finds a report by its type and id. */
export function findReport({ reports }: HidDescription, type: ReportType, id: number): ReportLayout | undefined {
  return reports.find((report) => report.type === type && report.id === id);
}

/** Bytes of the longest report of a type as it goes over the wire: with its id, if there are ids. 0: there is none. */
export function longestReport({ reports, usesIds }: HidDescription, type: ReportType): number {
  const lengths = reports.filter((report) => report.type === type).map((report) => report.bytes + (usesIds ? 1 : 0));
  return Math.max(0, ...lengths);
}

/** The usage of the value at `index` of a variable field. */
export function usageAt({ usages }: ReportField, index: number): number | undefined {
  return usages[Math.min(index, usages.length - 1)];
}
