/* Two system calls with nothing in between: needs nothing of the addon. */
#ifndef GADGETLOOM_UNINTERRUPTED_H
#define GADGETLOOM_UNINTERRUPTED_H

#include <stdbool.h>
#include <stdint.h>

/* Processors whose instructions uninterrupted.c knows; on others the two calls just follow each other. */
#if defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
#define RESTARTABLE true
#else
#define RESTARTABLE false
#endif

/* What is in the registers of a system call. */
struct system_call {
  long number;
  long argument[3];
};

/*
 * Makes the first call and, unless that fails, directly the second one. The result is that of the last one made, or its
 * negative errno. Where something else had the processor in between, the first call is made again.
 *
 * `sequence` is rseq_sequence(), by which that is noticed. Without (NULL) it is not.
 */
long uninterrupted(volatile uint64_t *sequence, const struct system_call *first, const struct system_call *second);

/* rseq_cs of the calling thread; NULL where C library, kernel or processor have no restartable sequences. */
volatile uint64_t *rseq_sequence(void);

#endif
