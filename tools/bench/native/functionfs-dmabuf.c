/*
 * The rival of the kernel benchmark: FunctionFS transfers of DMABUFs with nothing around the system calls, which are those
 * that @gadgetloom/backend-linux makes.
 *
 *   functionfs-dmabuf ENDPOINT_FD SIZE DEPTH [bare]
 *
 * Per line of input, a number of transfers, it keeps DEPTH buffers of the system heap under way until as many are over,
 * and answers "SECONDS PROCESSOR_SECONDS". "timed NUMBER" does the same and answers the longest duration of each call, in
 * seconds: "TRANSFER EXPORT_SYNC_FILE FILE_INFO close". As "bare" it does the same, and trusts that nobody unbinds the
 * function meanwhile: without asking for it (ENDPOINT_REVMAP) before each TRANSFER.
 */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/sync_file.h>
#include <linux/usb/functionfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Newer than the headers of some systems (Linux 6.0 and 6.9). */
#ifndef FUNCTIONFS_DMABUF_ATTACH
struct usb_ffs_dmabuf_transfer_req {
  int fd;
  __u32 flags;
  __u64 length;
} __attribute__((packed));
#define FUNCTIONFS_DMABUF_ATTACH _IOW('g', 131, int)
#define FUNCTIONFS_DMABUF_DETACH _IOW('g', 132, int)
#define FUNCTIONFS_DMABUF_TRANSFER _IOW('g', 133, struct usb_ffs_dmabuf_transfer_req)
#endif
#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
  __u32 flags;
  __s32 fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#endif

#define MOST 64

enum { TRANSFER, EXPORT, INFO, CLOSE, CALLS };

static int endpoint, size, depth, set;
static struct {
  int buffer;
  int sync_file;
} slot[MOST];
static bool timed, bare;
static double longest[CALLS];

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double processor(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void took(int call, double since) {
  double seconds = now() - since;
  if (seconds > longest[call]) longest[call] = seconds;
}

static void submit(int at) {
  struct usb_ffs_dmabuf_transfer_req request = {.fd = slot[at].buffer, .length = (__u64)size};
  struct dma_buf_export_sync_file sync = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
  if (!bare && ioctl(endpoint, FUNCTIONFS_ENDPOINT_REVMAP) < 0) give_up("ENDPOINT_REVMAP");
  double start = timed ? now() : 0;
  if (ioctl(endpoint, FUNCTIONFS_DMABUF_TRANSFER, &request) < 0) give_up("TRANSFER");
  if (timed) took(TRANSFER, start), start = now();
  if (ioctl(slot[at].buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &sync) < 0) give_up("EXPORT_SYNC_FILE");
  if (timed) took(EXPORT, start);
  slot[at].sync_file = sync.fd;
}

static void complete(int at) {
  struct sync_file_info info;
  double start = timed ? now() : 0;
  memset(&info, 0, sizeof info);
  if (ioctl(slot[at].sync_file, SYNC_IOC_FILE_INFO, &info) < 0) give_up("SYNC_IOC_FILE_INFO");
  if (timed) took(INFO, start), start = now();
  close(slot[at].sync_file);
  if (timed) took(CLOSE, start);
  if (info.status != 1) {
    fprintf(stderr, "a transfer ended with %d\n", info.status);
    exit(1);
  }
}

/* The buffers are polled level-triggered: as long as one transfer follows the other, that takes no further call. */
static void run(long transfers) {
  struct epoll_event event[MOST];
  long started = 0, over = 0;
  for (int at = 0; at < depth && started < transfers; at++, started++) {
    struct epoll_event wanted = {.events = EPOLLOUT, .data.u32 = (unsigned)at};
    submit(at);
    epoll_ctl(set, EPOLL_CTL_ADD, slot[at].buffer, &wanted);
  }
  while (over < transfers) {
    int count = epoll_wait(set, event, MOST, -1);
    for (int index = 0; index < count; index++) {
      int at = (int)event[index].data.u32;
      complete(at);
      over++;
      if (started < transfers) {
        submit(at);
        started++;
      } else epoll_ctl(set, EPOLL_CTL_DEL, slot[at].buffer, NULL);
    }
  }
}

int main(int count, char **word) {
  char line[64];
  if (count < 4 || (depth = atoi(word[3])) < 1 || depth > MOST) {
    fprintf(stderr, "functionfs-dmabuf ENDPOINT_FD SIZE DEPTH [bare]\n");
    return count == 2 && strcmp(word[1], "--help") == 0 ? 0 : 2;
  }
  endpoint = atoi(word[1]);
  size = atoi(word[2]);
  bare = count > 4 && strcmp(word[4], "bare") == 0;
  set = epoll_create1(EPOLL_CLOEXEC);
  int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
  for (int at = 0; at < depth; at++) {
    struct dma_heap_allocation_data data = {.len = (__u64)size, .fd_flags = O_RDWR | O_CLOEXEC};
    if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) < 0) give_up("DMA_HEAP_IOCTL_ALLOC");
    slot[at].buffer = (int)data.fd;
    if (ioctl(endpoint, FUNCTIONFS_DMABUF_ATTACH, &slot[at].buffer) < 0) give_up("ATTACH");
  }
  while (fgets(line, sizeof line, stdin) != NULL) {
    timed = strncmp(line, "timed ", 6) == 0;
    memset(longest, 0, sizeof longest);
    double start = now(), busy = processor();
    run(atol(timed ? line + 6 : line));
    if (timed) printf("%.9f %.9f %.9f %.9f\n", longest[TRANSFER], longest[EXPORT], longest[INFO], longest[CLOSE]);
    else printf("%.9f %.9f\n", now() - start, processor() - busy);
    fflush(stdout);
  }
  for (int at = 0; at < depth; at++) ioctl(endpoint, FUNCTIONFS_DMABUF_DETACH, &slot[at].buffer);
  return 0;
}
