import type { EndpointOperationName } from './endpoint-operations.ts';
import type { EndpointStateName } from './endpoint-states.ts';

/**
 * Outcomes of one operation: without a controller; bound, but the endpoint is not enabled (connected, addressed,
 * disabled, detached); configured; suspended; halted.
 */
type Row = readonly [unbound: string, notEnabled: string, configured: string, suspended: string, halted: string];

const COLUMN: Readonly<Record<EndpointStateName, 0 | 1 | 2 | 3 | 4>> = {
  unbound: 0,
  connected: 1,
  addressed: 1,
  configured: 2,
  suspended: 3,
  halted: 4,
  disabled: 1,
  detached: 1,
};

/**
 * What FunctionFS answers over dummy_hcd with scatter-gather. Files that do not block: the endpoint that is not enabled
 * is EAGAIN (ffs_epfile_io, ffs_epfile_ioctl); DMABUFs need a controller (ffs_dmabuf_attach, ffs_dmabuf_detach,
 * ffs_dmabuf_transfer).
 */
const OUTCOMES: Readonly<Record<EndpointOperationName, Row>> = {
  write: ['EAGAIN', 'EAGAIN', '16', '16', '16'],
  'write, against the direction': ['EAGAIN', 'EAGAIN', 'EBADMSG', 'EBADMSG', 'EBADMSG'],
  read: ['EAGAIN', 'EAGAIN', '16 crc=ddf04d5f', 'HUNG', 'HUNG'],
  'read, against the direction': ['EAGAIN', 'EAGAIN', 'EBADMSG', 'EBADMSG', 'EBADMSG'],
  'open once more': ['0', '0', '0', '0', '0'],
  'attach to IN': ['EPERM', '0', '0', '0', '0'],
  'attach to OUT': ['EPERM', '0', '0', '0', '0'],
  'detach what is not attached': ['ENODEV', 'EPERM', 'EPERM', 'EPERM', 'EPERM'],
  'transfer what is not attached': ['ENODEV', 'EPERM', 'EPERM', 'EPERM', 'EPERM'],
  transfer: ['ENODEV', 'EAGAIN', '0', '0', '0'],
  'transfer too much': ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL'],
  ENDPOINT_DESC: ['EAGAIN', 'EAGAIN', ...same('addr=81 attr=2 mps=512')],
  ENDPOINT_REVMAP: ['EAGAIN', 'EAGAIN', ...same('255')],
  'FIFO_STATUS of IN': ['EAGAIN', 'EAGAIN', ...same('EOPNOTSUPP')],
  'FIFO_STATUS of OUT': ['EAGAIN', 'EAGAIN', ...same('EOPNOTSUPP')],
  'FIFO_FLUSH of IN': ['EAGAIN', 'EAGAIN', ...same('0')],
  'FIFO_FLUSH of OUT': ['EAGAIN', 'EAGAIN', ...same('0')],
  'CLEAR_HALT of IN': ['EAGAIN', 'EAGAIN', ...same('0')],
  'CLEAR_HALT of OUT': ['EAGAIN', 'EAGAIN', ...same('0')],
  'an unknown ioctl': ['EAGAIN', 'EAGAIN', ...same('ENOTTY')],
};

/** Where a controller answers otherwise, by the name of its driver. */
const BY_DRIVER: Readonly<Record<string, Partial<Record<EndpointOperationName, Row>>>> = {
  // A request waits for the host: dummy_hcd has completed small ones before (dwc3_gadget_giveback, dummy_queue).
  'dwc3-gadget': { write: ['EAGAIN', 'EAGAIN', '16', 'HUNG', 'HUNG'] },
  // No sg_supported (ffs_dmabuf_attach); the FIFO takes small requests unless it is halted (txstate); musb_gadget_fifo_status.
  'musb-hdrc': {
    write: ['EAGAIN', 'EAGAIN', '16', '16', 'HUNG'],
    'attach to IN': ['EPERM', 'EPERM', ...same('EPERM')],
    'attach to OUT': ['EPERM', 'EPERM', ...same('EPERM')],
    transfer: ['ENODEV', 'EPERM', ...same('EPERM')],
    'FIFO_STATUS of IN': ['EAGAIN', 'EAGAIN', ...same('EINVAL')],
    'FIFO_STATUS of OUT': ['EAGAIN', 'EAGAIN', ...same('0')],
  },
};

/**
 * What an operation answers in a state: a number or text as in a scenario, the name of an errno, or `'HUNG'` where it
 * waits for ever.
 *
 * @param driver of the controller: `'dummy_udc'`, `'dwc3-gadget'`, `'musb-hdrc'`; others answer as dummy_hcd until
 *   somebody has found out better
 */
export function expectedOutcome(state: EndpointStateName, operation: EndpointOperationName, driver: string): string {
  return (BY_DRIVER[driver]?.[operation] ?? OUTCOMES[operation])[COLUMN[state]];
}

/**
 * True for what would make a real kernel dereference NULL (ffs_dmabuf_detach, ffs_dmabuf_transfer: an instance without a
 * controller). The simulation answers ENODEV; the backend for Linux does not ask.
 */
export function notOnRealKernels(state: EndpointStateName, operation: EndpointOperationName): boolean {
  return state === 'unbound' && OUTCOMES[operation][COLUMN[state]] === 'ENODEV';
}

function same(outcome: string): readonly [string, string, string] {
  return [outcome, outcome, outcome];
}
