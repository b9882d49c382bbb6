/*
 * Where the C library has registered what the thread and the kernel share about restartable sequences. There is one such
 * place for each thread, which glibc has from 2.35 on and tells by two constants; the addon has to load without them.
 */
#include <linux/rseq.h>
#include <stdatomic.h>
#include <stddef.h>
#include <uv.h>

#include "uninterrupted.h"

#if RESTARTABLE

/* From the thread pointer on; neither of these is one. */
#define UNKNOWN 0
#define NOWHERE 1
static atomic_ptrdiff_t offset = UNKNOWN;

/* Through libuv, because dlsym itself has moved since glibc 2.28. Threads that do so at a time find the same. */
static ptrdiff_t find(void) {
  uv_lib_t program;
  void *size, *from_thread;
  ptrdiff_t found = NOWHERE;
  if (uv_dlopen(NULL, &program) == 0 && uv_dlsym(&program, "__rseq_size", &size) == 0 && *(const unsigned *)size > 0 &&
      uv_dlsym(&program, "__rseq_offset", &from_thread) == 0)
    found = *(const ptrdiff_t *)from_thread;
  uv_dlclose(&program);
  atomic_store_explicit(&offset, found, memory_order_relaxed);
  return found;
}

static char *thread_pointer(void) {
  char *pointer;
#if defined(__x86_64__)
  __asm__("mov %%fs:0, %0" : "=r"(pointer));
#else
  __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#endif
  return pointer;
}

volatile uint64_t *rseq_sequence(void) {
  ptrdiff_t at = atomic_load_explicit(&offset, memory_order_relaxed);
  if (at == UNKNOWN) at = find();
  if (at == NOWHERE) return NULL;
  volatile struct rseq *area = (volatile struct rseq *)(thread_pointer() + at);
  /* Negative where the kernel has refused, or does not have it. */
  return (int32_t)area->cpu_id < 0 ? NULL : (volatile uint64_t *)&area->rseq_cs;
}

#else

volatile uint64_t *rseq_sequence(void) { return NULL; }

#endif
