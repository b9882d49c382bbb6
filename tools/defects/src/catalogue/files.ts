import { type Defect, defectsOf } from '../defect.ts';

const MODEL = 'packages/functionfs/src/model';

/** Endpoint files beside their buffers, ep0, and events. */
export const FILE_DEFECTS: readonly Defect[] = [
  ...defectsOf(`${MODEL}/endpoint-errors.ts`, [
    {
      id: 'not-enabled-is-shut-down',
      sentence: 'Calls on an endpoint that is not enabled are ESHUTDOWN.',
      contradicts: 'f_fs.c, ffs_epfile_wait_ep',
      foundBy: 'io-nonblock-disabled',
      find: "new KernelError('EAGAIN', operation, advice)",
      replace: "new KernelError('ESHUTDOWN', operation, advice)",
    },
  ]),
  ...defectsOf(`${MODEL}/endpoint-state.ts`, [
    {
      id: 'nonblock-waits',
      sentence: 'Files that should not wait do.',
      contradicts: 'f_fs.c, ffs_epfile_wait_ep (O_NONBLOCK)',
      foundBy: 'io-nonblock-disabled',
      find: 'if (nonblock) throw notEnabled(operation);',
      replace: '',
    },
  ]),
  ...defectsOf(`${MODEL}/endpoint-io.ts`, [
    {
      id: 'wrong-way-without-halt',
      sentence: 'Reading an IN endpoint does not halt it.',
      contradicts: 'f_fs.c, ffs_epfile_io (usb_ep_set_halt)',
      foundBy: 'io-wrong-way-halts',
      find: 'ep.endpoint.setHalt(true);',
      replace: '',
    },
    {
      id: 'read-always-full',
      sentence: 'A read gives as many bytes as it asked for.',
      contradicts: 'f_fs.c, ffs_epfile_io (req->actual)',
      foundBy: 'io-short',
      find: 'return Math.min(actual, bytes.length);',
      replace: 'return bytes.length;',
    },
    {
      id: 'status-of-io-dropped',
      sentence: 'A read that failed gives nothing instead of its errno.',
      contradicts: 'f_fs.c, ffs_epfile_io (req->status)',
      foundBy: 'io-disable',
      find: 'if (status !== 0) throw new KernelError(errnoCode(status), operation);',
      replace: 'if (status > 0) throw new KernelError(errnoCode(status), operation);',
    },
  ]),
  ...defectsOf(`${MODEL}/endpoint-file-model.ts`, [
    {
      id: 'revmap-tells',
      sentence: 'ENDPOINT_REVMAP tells the endpoint.',
      contradicts: 'f_fs.c, _ffs_func_bind (ffs_ep.num stays -1)',
      foundBy: 'ioctl-revmap',
      find: 'const REVMAP = 255;',
      replace: 'const REVMAP = 1;',
    },
    {
      id: 'ioctl-unknown-is-invalid',
      sentence: 'An ioctl that does not exist is EINVAL.',
      contradicts: 'f_fs.c, ffs_epfile_ioctl (ENOTTY)',
      foundBy: 'ioctl-unknown',
      find: "throw new KernelError('ENOTTY', operation,",
      replace: "throw new KernelError('EINVAL', operation,",
    },
    {
      id: 'ioctl-unknown-at-once',
      sentence: 'An ioctl that does not exist is refused before the endpoint is enabled.',
      contradicts: 'f_fs.c, ffs_epfile_ioctl',
      foundBy: 'ioctl-disabled',
      find: 'return this.#endpointIoctl(name, (_ep, operation) => {',
      replace: 'return this.#ioctl(name, async (operation) => {',
    },
    {
      id: 'close-keeps-attachments',
      sentence: 'Closing an endpoint file leaves its buffers attached.',
      contradicts: 'f_fs.c, ffs_epfile_release',
      foundBy: 'attach-ends-with-file',
      find: 'dmabufs.releaseAll(',
      replace: 'String(',
    },
  ]),
  ...defectsOf(`${MODEL}/file-description.ts`, [
    {
      id: 'closed-file-works',
      sentence: 'A file that was closed takes calls.',
      contradicts: 'fs/read_write.c, ksys_write (fdget_pos)',
      foundBy: 'io-closed',
      find: 'if (this.#fd < 0) throw',
      replace: 'if (this.#files === undefined) throw',
    },
  ]),
  ...defectsOf(`${MODEL}/event-queue.ts`, [
    {
      id: 'enable-keeps-bind',
      sentence: 'ENABLE does not drop BIND.',
      contradicts: 'f_fs.c, __ffs_event_add',
      foundBy: 'events-enable',
      find: 'ENABLE: ALL_BUT_POWER,',
      replace: 'ENABLE: [],',
    },
    {
      id: 'disable-keeps-enable',
      sentence: 'DISABLE does not drop ENABLE.',
      contradicts: 'f_fs.c, __ffs_event_add',
      foundBy: 'events-disable',
      find: 'DISABLE: ALL_BUT_POWER,',
      replace: 'DISABLE: [],',
    },
    {
      id: 'setup-not-pending',
      sentence: 'A SETUP event that was read waits for no answer.',
      contradicts: 'f_fs.c, __ffs_ep0_read_events (FFS_SETUP_PENDING)',
      foundBy: 'control-in',
      find: "if (type === 'SETUP') this.setupState = 'pending';",
      replace: '',
    },
    {
      id: 'setup-not-overtaken',
      sentence: 'A control request still waits for its answer when another event has come.',
      contradicts: 'f_fs.c, __ffs_event_add (FFS_SETUP_CANCELLED)',
      foundBy: 'control-overtaken',
      find: "if (this.setupState === 'pending') this.setupState = 'cancelled';",
      replace: '',
    },
  ]),
  ...defectsOf(`${MODEL}/ep0-file-model.ts`, [
    {
      id: 'events-in-no-room',
      sentence: 'Reading ep0 with no room for an event waits for one.',
      contradicts: 'f_fs.c, ffs_ep0_read (len / sizeof(struct usb_functionfs_event))',
      foundBy: 'events-too-short',
      find: 'if (room === 0) {',
      replace: 'if (room < 0) {',
    },
    {
      id: 'stall-says-so-only',
      sentence: 'Reading where the host reads fails without stalling.',
      contradicts: 'f_fs.c, __ffs_ep0_stall (usb_ep_set_halt)',
      foundBy: 'control-stall',
      find: 'this.#data.stall();',
      replace: "this.#data.events.setupState = 'none';",
    },
    {
      id: 'no-setup-wrong-errno',
      sentence: 'Writing ep0 without a control request is EINVAL.',
      contradicts: 'f_fs.c, ffs_ep0_write (ESRCH)',
      foundBy: 'control-none-pending',
      find: "throw new KernelError('ESRCH', operation, 'No control request",
      replace: "throw new KernelError('EINVAL', operation, 'No control request",
    },
  ]),
];
