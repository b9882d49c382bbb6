/** An operation on an endpoint, as a scenario does it: the outcome of the last line counts. */
export interface EndpointOperation {
  readonly name: string;
  readonly steps: readonly string[];
}

/** What waits for the host is given one, and a while; what can never end is `HUNG`. */
const transfer = (gadget: string, host: string): readonly string[] => [`bg 9 ${gadget}`, host, 'join 9'];

/**
 * Every operation on an endpoint file: ep1 is IN, ep2 is OUT. Files are open since before anything else happened, and do
 * not block.
 */
export const ENDPOINT_OPERATIONS = [
  { name: 'write', steps: transfer('epwrite ep1 16', 'hostin ep1 512 200') },
  { name: 'write, against the direction', steps: transfer('epwrite ep2 16', 'sleep 100') },
  { name: 'read', steps: transfer('epread ep2 16', 'hostout ep2 16 200') },
  { name: 'read, against the direction', steps: transfer('epread ep1 16', 'sleep 100') },
  { name: 'open once more', steps: ['openep ep1 nonblock'] },
  { name: 'attach to IN', steps: ['alloc b0 4096', 'attach ep1 b0'] },
  { name: 'attach to OUT', steps: ['alloc b0 4096', 'attach ep2 b0'] },
  { name: 'detach what is not attached', steps: ['alloc b0 4096', 'detach ep1 b0'] },
  { name: 'transfer what is not attached', steps: ['alloc b0 4096', 'xfer ep1 b0 4096'] },
  { name: 'transfer', steps: ['alloc b0 4096', 'attach ep1 b0', 'xfer ep1 b0 4096'] },
  { name: 'transfer too much', steps: ['alloc b0 4096', 'attach ep1 b0', 'xfer ep1 b0 4097'] },
  { name: 'ENDPOINT_DESC', steps: ['epioctl ep1 desc'] },
  { name: 'ENDPOINT_REVMAP', steps: ['epioctl ep1 revmap'] },
  { name: 'FIFO_STATUS of IN', steps: ['epioctl ep1 fifo_status'] },
  { name: 'FIFO_STATUS of OUT', steps: ['epioctl ep2 fifo_status'] },
  { name: 'FIFO_FLUSH of IN', steps: ['epioctl ep1 fifo_flush'] },
  { name: 'FIFO_FLUSH of OUT', steps: ['epioctl ep2 fifo_flush'] },
  { name: 'CLEAR_HALT of IN', steps: ['epioctl ep1 clear_halt'] },
  { name: 'CLEAR_HALT of OUT', steps: ['epioctl ep2 clear_halt'] },
  { name: 'an unknown ioctl', steps: ['epioctl ep1 bogus'] },
] as const satisfies readonly EndpointOperation[];

/** Name of an operation. */
export type EndpointOperationName = (typeof ENDPOINT_OPERATIONS)[number]['name'];
