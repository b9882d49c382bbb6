/** Flags of an endpoint (core.h, DWC3_EP_*). Halts are not among them: DriverEndpoint has those. */
export const EndpointFlag = {
  ENABLED: 1 << 0,
  TRANSFER_STARTED: 1 << 3,
  END_TRANSFER_PENDING: 1 << 4,
  PENDING_REQUEST: 1 << 5,
  DELAY_START: 1 << 6,
  WAIT_TRANSFER_COMPLETE: 1 << 7,
  IGNORE_NEXT_NOSTREAM: 1 << 8,
  FORCE_RESTART_STREAM: 1 << 9,
  PENDING_CLEAR_STALL: 1 << 11,
  DELAY_STOP: 1 << 13,
  RESOURCE_ALLOCATED: 1 << 14,
} as const;
