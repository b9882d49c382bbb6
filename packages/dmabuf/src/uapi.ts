/**
 * Constants of the user-space interface: include/uapi/linux/dma-buf.h, sync_file.h, dma-heap.h, udmabuf.h and fcntl.h.
 */

/** The CPU reads. */
export const DMA_BUF_SYNC_READ = 1;
/** The CPU writes. */
export const DMA_BUF_SYNC_WRITE = 2;
/** The CPU reads and writes. */
export const DMA_BUF_SYNC_RW = 3;
/** Begins CPU access. */
export const DMA_BUF_SYNC_START = 0;
/** Ends CPU access. */
export const DMA_BUF_SYNC_END = 4;
/** Longest name of a dma-buf in characters, without the terminating zero (DMA_BUF_NAME_LEN - 1). */
export const DMA_BUF_NAME_MAX = 31;

/** Open flag: for reading; a mapping cannot be written. */
export const O_RDONLY = 0;
/** Open flag: for writing. */
export const O_WRONLY = 1;
/** Open flag: for reading and writing. */
export const O_RDWR = 2;
/** The bits of the open flags that are the access mode. */
export const O_ACCMODE = 3;
/** Open flag: fail with EAGAIN instead of waiting. */
export const O_NONBLOCK = 0o4000;
/** Open flag: closed by execve(2). */
export const O_CLOEXEC = 0o2000000;

/** Size of a page in bytes, on the kernels modelled here. */
export const PAGE_SIZE = 4096;
