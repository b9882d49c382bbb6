/**
 * Numbers of the user-space interface: include/uapi/linux/dma-buf.h, sync_file.h, dma-heap.h, udmabuf.h and fcntl.h.
 */
export const DMA_BUF_SYNC_READ = 1;
export const DMA_BUF_SYNC_WRITE = 2;
export const DMA_BUF_SYNC_RW = 3;
export const DMA_BUF_SYNC_START = 0;
export const DMA_BUF_SYNC_END = 4;
/** Longest name of a dma-buf in characters, without the terminating zero (DMA_BUF_NAME_LEN - 1). */
export const DMA_BUF_NAME_MAX = 31;

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_ACCMODE = 3;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;

/** Size of a page in bytes, on the kernels modelled here. */
export const PAGE_SIZE = 4096;
