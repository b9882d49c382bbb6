import type { Usbfs } from './usbfs.ts';

/** A mapping: the memory, and the handle for {@link Addon.unmap}. */
export type Mapping = readonly [memory: ArrayBuffer, handle: object];

/**
 * Watches descriptors on the event loop. One call reports everything that is ready at one wake-up. Promises and
 * `process.nextTick` of the callback run before its next call and before immediates, but callbacks of other I/O may
 * come first. The callback has no async context of `node:async_hooks`.
 */
export interface Poller {
  /** Time of the reports: one number, nanoseconds of CLOCK_MONOTONIC. */
  readonly time: Float64Array;
  /**
   * Reports of three numbers each: token, EPOLL bits and status. The callback's argument is the number of valid
   * reports. The status is that of the token's sync file (see {@link Addon.syncFileStatus}), or 0 if it has none.
   */
  readonly ready: Int32Array;
  /**
   * By token, for tokens below its length: the descriptor of a sync file whose status every report includes, or -1.
   * Callers must set it to -1 before they close the sync file, and before its fences may no longer be queried.
   */
  readonly syncFiles: Int32Array;
  /** 0 or a negative errno. @param events EPOLLIN 1, EPOLLOUT 4, EPOLLONESHOT 1 << 30 ... */
  add(fd: number, token: number, events: number): number;
  /** Changes the events of a watched descriptor. Returns 0 or a negative errno. */
  change(fd: number, token: number, events: number): number;
  /** Stops watching a descriptor. Returns 0 or a negative errno. */
  remove(fd: number): number;
  /** Sets whether this poller keeps the process alive. At first it does. */
  keepAlive(on: 0 | 1): void;
  /** Ends the callbacks. Closing twice is harmless. */
  close(): void;
}

/**
 * Asynchronous reads and writes of files whose other end decides when they complete. The kernel works with memory of
 * the addon. At most 64 are under way, each of at most 64 MiB.
 */
export interface Aio {
  /** Descriptor that is readable when an operation has completed. */
  readonly fd: number;
  /** Pairs of slot and result, filled by {@link reap}. */
  readonly done: Int32Array;
  /** Returns the slot of the operation, or a negative errno; EAGAIN all slots are taken. */
  read(fd: number, length: number): number;
  /** Like {@link read}. The bytes are copied at once. */
  write(fd: number, bytes: Uint8Array): number;
  /** Returns the number of pairs in {@link done}. Callers must give each slot back with {@link take}. */
  reap(): number;
  /** Copies the bytes that were read, as far as `into` has room, and gives the slot back. */
  take(slot: number, into?: Uint8Array): number;
  /** Requests an early end. The operation is still reported. */
  cancel(slot: number): number;
  /** Cancels everything and reports nothing. Closing twice is harmless. */
  close(): void;
}

/**
 * The native functions. Each returns the result of its system call, or the negative errno. Wrong arguments throw
 * TypeError or RangeError and reach no system call.
 *
 * The thread owns the descriptors that they create. When it ends or is terminated, the addon closes those that
 * {@link Addon.close} or {@link Addon.closeAll} have not closed. So close them with these, not with `node:fs`.
 */
export interface Addon {
  /** Names of the requests that {@link ioctl} accepts, by number. */
  readonly requests: readonly string[];
  /** Page size in bytes: usually 4096, but 16384 or 65536 on some kernels for arm64. */
  readonly pageSize: number;
  /**
   * Arguments and result of this thread's {@link dmabufTransfer}: the descriptors of endpoint and buffer, and the
   * result.
   */
  readonly transferIntegers: Int32Array;
  /** The same call's bytes to transfer, and its time just before queueing in nanoseconds of CLOCK_MONOTONIC. */
  readonly transferNumbers: Float64Array;
  readonly Poller: new (callback: (count: number) => void) => Poller;
  /** Throws with code ENOSYS on a kernel without asynchronous I/O. */
  readonly Aio: new () => Aio;
  /** @param callback told the result of what {@link Usbfs.begin} began */
  readonly Usbfs: new (
    callback: (result: number) => void,
  ) => Usbfs;
  /** @param request index in {@link requests} @param argument the request's struct; too short a one throws */
  ioctl(fd: number, request: number, argument?: Uint8Array): number;
  /** A FunctionFS request that does not exist. */
  unknownIoctl(fd: number): number;
  /**
   * FUNCTIONFS_DMABUF_TRANSFER. It first checks that the endpoint is enabled (EAGAIN on a nonblocking file), because on
   * an unbound function the ioctl would crash the kernel. The result is the descriptor of a sync file with the
   * transfer's fence, from DMA_BUF_IOCTL_EXPORT_SYNC_FILE; -1000-errno if the transfer is under way and that call
   * failed.
   *
   * Arguments and result are in {@link transferIntegers} and {@link transferNumbers}. Every transfer makes this call,
   * and converting arguments would take as long as a short system call.
   */
  dmabufTransfer(): void;
  /** FUNCTIONFS_DMABUF_DETACH. Returns ENXIO if the function is not bound, where the ioctl would crash the kernel. */
  dmabufDetach(endpoint: number, buffer: number): number;
  /** FUNCTIONFS_INTERFACE_REVMAP. @param number of an interface on the bus, 0 to 255 */
  interfaceRevmap(ep0: number, number: number): number;
  /** DMA_BUF_SET_NAME. */
  setDmaBufName(fd: number, name: string): number;
  /** SYNC_IOC_MERGE; gives a descriptor. @param name less than 32 bytes */
  syncMerge(fd: number, other: number, name: string): number;
  /**
   * SYNC_IOC_FILE_INFO; gives the number of fences.
   *
   * @param into struct sync_file_info, then struct sync_fence_info each
   */
  syncFileInfo(fd: number, into: Uint8Array): number;
  /**
   * Overall status: 1, 0 or the fence's negative errno; 2 if the fence had signaled before the sync file was exported,
   * so its result is unknown; -1000-errno if the call itself fails.
   */
  syncFileStatus(fd: number): number;
  /**
   * mmap(2), shared and writable; EACCES if `fd` is open for reading only. As with every mapping, touching memory
   * beyond the end of a file that was truncated later ends the process with SIGBUS. Seal files against shrinking.
   */
  mmap(fd: number, length: number, offset: number): Mapping | number;
  /** munmap(2): every view of the memory is empty from now on. */
  unmap(memory: ArrayBuffer, handle: object): void;
  /** mount(2), for `functionfs` and `configfs`. */
  mount(source: string, target: string, type: string, options: string): number;
  /** umount(2). */
  umount(target: string): number;
  /**
   * Reads the access control list of a file (linux/posix_acl_xattr.h) into `into` and returns its length in bytes.
   * ENODATA: the file has only permission bits. EOPNOTSUPP: its file system has no such lists. ERANGE: `into` is too
   * short.
   */
  readAcl(path: string, into: Uint8Array): number;
  /**
   * Replaces the access control list of a file. Linux turns a list that permission bits can express into these bits.
   */
  writeAcl(path: string, bytes: Uint8Array): number;
  /** dup(2), with O_CLOEXEC; returns a descriptor. */
  dup(fd: number): number;
  /** close(2). */
  close(fd: number): number;
  /** Closes the first `count` descriptors, at most 256. Consecutive ones take one call (close_range). */
  closeAll(descriptors: Int32Array, count: number): void;
  /** lseek(2); gives the offset. @param whence SEEK_SET 0, SEEK_CUR 1, SEEK_END 2 */
  lseek(fd: number, offset: number, whence: number): number;
  /** poll(2) without waiting. Returns the `events` that hold, and POLLERR or POLLHUP. */
  poll(fd: number, events: number): number;
  /** Sets or clears O_NONBLOCK. Returns 0 or a negative errno. */
  setNonblock(fd: number, on: 0 | 1): number;
  /** Puts a terminal into raw mode, so that all bytes pass through it unchanged. 0 or a negative errno; ENOTTY: no terminal. */
  setRaw(fd: number): number;
  /** memfd_create(2), ftruncate(2) and F_ADD_SEALS in one. @param seals F_SEAL bits */
  memfd(name: string, size: number, seals: number): number;
  /**
   * Listens on a Unix stream socket; returns a nonblocking descriptor. Only the same user may connect.
   *
   * @param path less than 108 bytes
   */
  unixListen(path: string): number;
  /** Connects to a Unix stream socket; returns a nonblocking descriptor. */
  unixConnect(path: string): number;
  /** accept(2); returns a nonblocking descriptor. */
  unixAccept(fd: number): number;
  /** sendmsg(2) without waiting, with the first `count` descriptors, at most 253; returns the number of bytes sent. */
  sendMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array, count: number): number;
  /**
   * recvmsg(2) without waiting; returns the number of bytes received. The caller must close the descriptors that came
   * with them. A -1 follows the last one.
   *
   * @param descriptors has room for 254
   */
  receiveMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array): number;
  /** eventfd(2) with count 0; returns a nonblocking descriptor. */
  eventfd(): number;
  /** Adds 1 to an eventfd, or writes it to a pipe that replaces one. Returns 0 or a negative errno. */
  eventSignal(fd: number): number;
  /** Reads and clears the count of an eventfd, or reads 8 bytes of a pipe. EPIPE: the pipe has ended. */
  eventTake(fd: number): number;
}
