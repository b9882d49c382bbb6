/** Calls that {@link Usbfs.begin} accepts, in the order of their numbers. */
export const USBFS_REQUESTS = [
  'open',
  'close',
  'claim-interface',
  'release-interface',
  'set-configuration',
  'set-interface',
  'clear-halt',
  'reset',
] as const;

/** A call that may wait for the device. */
export type UsbfsRequest = (typeof USBFS_REQUESTS)[number];

/**
 * A device of usbfs (`/dev/bus/usb`). At most 64 transfers are under way, each of at most 64 MiB. The kernel works with
 * memory of the addon. While a begun call is under way, every other one returns EBUSY, because it would wait for the
 * lock of the device. Source: drivers/usb/core/devio.c.
 */
export interface Usbfs {
  /** Triples of slot, status and actual length, filled by {@link reap}. */
  readonly done: Int32Array;
  /**
   * Begins a call on a thread. The callback receives the result of the system call, or the negative errno.
   *
   * @param request index in {@link USBFS_REQUESTS}
   * @param first interface, configuration, or address of the endpoint; 0 otherwise
   * @param second alternate setting; 0 otherwise
   * @param path of `open`, whose result is the descriptor; '' otherwise
   * @returns 0, or a negative errno: EBUSY another call is under way; EBADF no file is open, or one is open already
   */
  begin(request: number, first: number, second: number, path: string): number;
  /**
   * USBDEVFS_SUBMITURB. It copies the bytes at once.
   *
   * @param type USBDEVFS_URB_TYPE: 1 interrupt, 2 control, 3 bulk
   * @param flags USBDEVFS_URB bits
   * @param length of the buffer, of which `bytes` are the beginning; a control transfer has its SETUP packet there
   * @returns slot, or a negative errno; EAGAIN all slots are taken
   */
  submit(type: number, endpoint: number, flags: number, length: number, bytes?: Uint8Array): number;
  /**
   * USBDEVFS_REAPURBNDELAY. Returns the number of triples in {@link done}. ENODEV: the device is gone and none is left.
   */
  reap(): number;
  /**
   * Copies the received bytes from `offset` on, as far as `into` has room, and gives the slot back. The data of a
   * control transfer begins at 8, after the SETUP packet.
   */
  take(slot: number, offset: number, into?: Uint8Array): number;
  /** USBDEVFS_DISCARDURB: requests an early end. The transfer is still reported. */
  discard(slot: number): number;
  /** Cancels everything and reports nothing. Closing twice is harmless. */
  close(): void;
}
