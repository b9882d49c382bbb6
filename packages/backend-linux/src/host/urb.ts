/** Types of `struct usbdevfs_urb`. */
export const URB_TYPE = { interrupt: 1, control: 2, bulk: 3 } as const;

/** USBDEVFS_URB_ZERO_PACKET. */
export const ZERO_PACKET = 0x40;

/** One transfer of usbfs, from its submission to its completion. */
export interface Urb {
  readonly type: number;
  readonly endpoint: number;
  readonly flags: number;
  /** Bytes of the buffer, including the SETUP packet. */
  readonly length: number;
  /** Start of the buffer: the data to send, or the SETUP packet. */
  readonly bytes: Uint8Array | undefined;
  /** Receives the data from `offset` of the buffer on. */
  readonly into: Uint8Array | undefined;
  readonly offset: number;
  /** Slot in the kernel, which the file sets; -1 while the URB waits. */
  slot: number;
  /** Status of a cancellation, as a negative errno; 0 if there is none. */
  unlinked: number;
  /** Called once, from the event loop and never inside a call to the file. @param status 0 or a negative errno */
  ended(status: number, actual: number): void;
}
