import { SECOND } from '@gadgetloom/core';
import type { DmaDirection } from '@gadgetloom/dmabuf';
import { Usage, usageRw } from '@gadgetloom/dmabuf/model';

/** Rules for one direction of endpoint. */
interface PerDirection<T> {
  readonly in: T;
  readonly out: T;
}

/** Rules that differ between versions of the interface: mapping buffers, waiting for them and marking them as used. */
export interface ImportRules {
  /** Direction that buffers are mapped for. */
  readonly mapped: PerDirection<DmaDirection>;
  /** Fences up to this class must have signaled before a transfer starts. */
  readonly waitsFor: PerDirection<Usage>;
  /** Class that the fence of a transfer gets in the buffer's reservation. */
  readonly usedAs: PerDirection<Usage>;
  /** How long a blocking TRANSFER waits for fences, in nanoseconds; 0 fails at once. */
  readonly fenceTimeout: number;
  /** The kernel forgets a completed transfer, so DETACH and close cannot dequeue it (priv->req). */
  readonly forgetsRequests: boolean;
  /** The reservation holds the only reference to the fence of a transfer in flight. */
  readonly dropsFences: boolean;
}

/** Linux 6.12.117, f_fs.c: an IN endpoint reads memory, an OUT endpoint writes it. */
export const CURRENT_RULES: ImportRules = {
  mapped: { in: 'to-device', out: 'from-device' },
  waitsFor: { in: usageRw(false), out: usageRw(true) },
  usedAs: { in: Usage.READ, out: Usage.WRITE },
  fenceTimeout: 5 * SECOND,
  forgetsRequests: true,
  dropsFences: true,
};

/**
 * The interface as it was published first ("usb: gadget: functionfs: Add DMABUF import interface", version 6, January
 * 2024): reversed directions, and EBUSY instead of waiting.
 */
export const FIRST_RULES: ImportRules = {
  mapped: { in: 'from-device', out: 'to-device' },
  waitsFor: { in: Usage.READ, out: Usage.WRITE },
  usedAs: { in: usageRw(true), out: usageRw(false) },
  fenceTimeout: 0,
  forgetsRequests: false,
  dropsFences: false,
};
