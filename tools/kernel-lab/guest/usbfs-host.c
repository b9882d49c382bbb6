/*
 * The host end of a scenario, in a process of its own: a program that is both ends of a cable must not wait for itself.
 * Reads one request per line, `ID VERB NUMBER...`; answers `ID RESULT [HEX]`, in the order in which requests end.
 * The verb `underway` ends when every request before it has ended or is in the kernel.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST_DATA (8 << 20)

struct job {
  long id;
  char verb[16];
  long number[5];
  unsigned char *data;
  /* The thread that asks the kernel, once it does nothing else any more. */
  pid_t asking;
  struct job *next;
};

/* Of what is said, and of the jobs that are not over. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct job *jobs;
static int device = -1;
static unsigned char descriptors[1024];
static ssize_t described;

/* The last of a job. */
static void answer(const struct job *job, long result, const unsigned char *data) {
  long code = result < 0 ? -(long)errno : result;
  pthread_mutex_lock(&lock);
  struct job **place = &jobs;
  while (*place != job) place = &(*place)->next;
  *place = job->next;
  printf("%ld %ld ", job->id, code);
  for (long index = 0; data != NULL && index < result; index++) printf("%02x", data[index]);
  printf("\n");
  fflush(stdout);
  pthread_mutex_unlock(&lock);
}

/* A thread sleeps. */
static int sleeps(pid_t thread) {
  char file[64], text[512] = "";
  snprintf(file, sizeof file, "/proc/self/task/%d/stat", (int)thread);
  int fd = open(file, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  const char *state = size > 0 ? strrchr(text, ')') : NULL;
  return state != NULL && (state[2] == 'S' || state[2] == 'D');
}

/* Waits until every job before this one is over or waits for something in the kernel. */
static void wait_for_earlier(const struct job *self) {
  for (int pending = 1; pending; usleep(500)) {
    pending = 0;
    pthread_mutex_lock(&lock);
    for (const struct job *job = jobs; job != NULL; job = job->next)
      if (job->id < self->id && (job->asking == 0 || !sleeps(job->asking))) pending = 1;
    pthread_mutex_unlock(&lock);
  }
}

static long attribute(const char *path, const char *name, int base) {
  char file[800], text[64] = "";
  snprintf(file, sizeof file, "%s/%s", path, name);
  int fd = open(file, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  return size > 0 ? strtol(text, NULL, base) : -1;
}

static void read_descriptors(const char *path) {
  char file[600];
  snprintf(file, sizeof file, "%s/descriptors", path);
  int fd = open(file, O_RDONLY);
  if (fd < 0) return;
  described = read(fd, descriptors, sizeof descriptors);
  close(fd);
}

/* Finds the device, waits until it is configured, and claims its interface. */
static long open_device(long vendor, long product, long patience_ms) {
  int claimed = 0;
  for (long waited = 0; waited <= patience_ms; waited += 2, usleep(2000)) {
    DIR *directory = opendir("/sys/bus/usb/devices");
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
      char path[512], node[128];
      snprintf(path, sizeof path, "/sys/bus/usb/devices/%s", entry->d_name);
      if (attribute(path, "idVendor", 16) != vendor || attribute(path, "idProduct", 16) != product) continue;
      if (attribute(path, "bConfigurationValue", 10) != 1) continue;
      snprintf(node, sizeof node, "/dev/bus/usb/%03ld/%03ld", attribute(path, "busnum", 10), attribute(path, "devnum", 10));
      if (device >= 0) close(device);
      device = open(node, O_RDWR | O_CLOEXEC);
      read_descriptors(path);
      if (device >= 0 && ioctl(device, USBDEVFS_CLAIMINTERFACE, &claimed) == 0) {
        closedir(directory);
        return 0;
      }
    }
    if (directory != NULL) closedir(directory);
  }
  errno = ETIMEDOUT;
  return -1;
}

/* Address of an endpoint by its place in interface 0, 0 if the device has none. It is known when the device is gone, too. */
static unsigned int endpoint_address(long place) {
  for (ssize_t at = 0; at + 2 < described && descriptors[at] >= 2; at += descriptors[at])
    if (descriptors[at + 1] == 5 && place-- == 0) return descriptors[at + 2];
  return 0;
}

static long bulk(struct job *job, long length) {
  struct usbdevfs_bulktransfer transfer = {
      .ep = endpoint_address(job->number[0]), .len = (unsigned int)length, .timeout = (unsigned int)job->number[2], .data = job->data};
  return ioctl(device, USBDEVFS_BULK, &transfer);
}

static long control(struct job *job) {
  struct usbdevfs_ctrltransfer transfer = {.bRequestType = (unsigned char)job->number[0],
                                           .bRequest = (unsigned char)job->number[1],
                                           .wValue = (unsigned short)job->number[2],
                                           .wIndex = (unsigned short)job->number[3],
                                           .wLength = (unsigned short)job->number[4],
                                           .timeout = 5000,
                                           .data = job->data};
  return ioctl(device, USBDEVFS_CONTROL, &transfer);
}

static long halt(struct job *job) {
  struct usbdevfs_ctrltransfer transfer = {
      .bRequestType = 2, .bRequest = 3, .wIndex = (unsigned short)endpoint_address(job->number[0]), .timeout = 5000};
  return ioctl(device, USBDEVFS_CONTROL, &transfer);
}

static long set_configuration(long value) {
  int number = (int)value, claimed = 0;
  ioctl(device, USBDEVFS_RELEASEINTERFACE, &claimed);
  long result = ioctl(device, USBDEVFS_SETCONFIGURATION, &number);
  if (result == 0 && value > 0) result = ioctl(device, USBDEVFS_CLAIMINTERFACE, &claimed);
  return result;
}

static long run(struct job *job) {
  if (strcmp(job->verb, "underway") == 0) {
    wait_for_earlier(job);
    return 0;
  }
  if (strcmp(job->verb, "open") == 0) return open_device(job->number[0], job->number[1], job->number[2]);
  if (device < 0) {
    errno = ENODEV;
    return -1;
  }
  if (strcmp(job->verb, "bulk") == 0) return bulk(job, job->number[1]);
  if (strcmp(job->verb, "control") == 0) return control(job);
  if (strcmp(job->verb, "halt") == 0) return halt(job);
  if (strcmp(job->verb, "clear") == 0) {
    unsigned int address = endpoint_address(job->number[0]);
    return ioctl(device, USBDEVFS_CLEAR_HALT, &address);
  }
  if (strcmp(job->verb, "configuration") == 0) return set_configuration(job->number[0]);
  if (strcmp(job->verb, "interface") == 0) {
    struct usbdevfs_setinterface setting = {.interface = 0, .altsetting = (unsigned int)job->number[0]};
    return ioctl(device, USBDEVFS_SETINTERFACE, &setting);
  }
  if (strcmp(job->verb, "reset") == 0) return ioctl(device, USBDEVFS_RESET);
  if (strcmp(job->verb, "close") == 0) {
    close(device);
    device = -1;
    return 0;
  }
  errno = EINVAL;
  return -1;
}

static void *work(void *data) {
  struct job *job = data;
  pthread_mutex_lock(&lock);
  job->asking = gettid();
  pthread_mutex_unlock(&lock);
  errno = 0;
  long result = run(job);
  int reads = strcmp(job->verb, "bulk") == 0 && (endpoint_address(job->number[0]) & 0x80) != 0;
  answer(job, result, reads ? job->data : NULL);
  free(job->data);
  free(job);
  return NULL;
}

static int digit(char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; }

int main(void) {
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    struct job *job = calloc(1, sizeof *job);
    pthread_t thread;
    char hex[8] = "";
    int used = 0;
    if (job == NULL || (job->data = calloc(1, MOST_DATA)) == NULL) return 1;
    sscanf(line, "%ld %15s %ld %ld %ld %ld %ld %7[=]%n", &job->id, job->verb, &job->number[0], &job->number[1],
           &job->number[2], &job->number[3], &job->number[4], hex, &used);
    for (int at = 0; used > 0 && at < MOST_DATA && line[used + 2 * at] > ' '; at++)
      job->data[at] = (unsigned char)(digit(line[used + 2 * at]) << 4 | digit(line[used + 2 * at + 1]));
    pthread_mutex_lock(&lock);
    job->next = jobs;
    jobs = job;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, work, job) != 0) return 1;
    pthread_detach(thread);
  }
  return 0;
}
