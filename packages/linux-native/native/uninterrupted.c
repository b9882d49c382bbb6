/*
 * Two system calls, the second one directly after the first: where the kernel takes the processor away in between, the
 * first one is made again. It tells of that by restartable sequences (rseq(2); kernel/rseq.c), for which a thread says in
 * memory that it shares with the kernel which sequence of instructions it is at.
 *
 * - Outside of the sequence the kernel takes that back (rseq_ip_fixup) when it lets a thread go on that it had put aside
 *   or moved, or that gets a signal. The first call is made there. The sequence begins by looking whether the thread still
 *   is where it said, which covers that call and the way back from it.
 * - Inside, the thread goes on at the sequence's handler instead, which the signature in front of it marks as one.
 * - A system call must not be made inside, and CONFIG_DEBUG_RSEQ kills for that. What counts is where it returns to: the
 *   second call is the last instruction, and returns behind the sequence.
 *
 * From Linux 6.19 on, x64 and all with GENERIC_IRQ_ENTRY take nothing back on the way out of a system call
 * (rseq_update_usr in rseq_entry.h): then everything between the two calls is covered, and that way back from the first
 * one is not. The first such kernels for arm64 cover nothing, by mistake (rseq_note_user_irq_entry is not called). What is
 * interrupted inside of the second call has begun, and is never made again.
 */
#include "uninterrupted.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

/*
 * How often it is tried; then it is done all the same. Who interrupts every time is not somebody who unbinds, but strace,
 * a debugger, or the kernel's own debugging of sequences (6.19), and they must not stop a transfer.
 */
#define ATTEMPTS 4

/* No result of a system call: the kernel's errors are -1 to -4095. */
#define INTERRUPTED (-4096)

/* struct rseq_cs: version, flags, first instruction, length, handler. */
#define DESCRIPTION                        \
  ".pushsection .data.rel.ro, \"aw\"\n"    \
  ".balign 32\n"                           \
  "1: .long 0, 0\n"                        \
  ".quad 2f, 3f - 2f, 4f\n"                \
  ".popsection\n"

#if RESTARTABLE && defined(__x86_64__)

static long attempt(volatile uint64_t *sequence, const struct system_call *first, const struct system_call *second) {
  long result;
  __asm__ volatile(DESCRIPTION
                   "lea 1b(%%rip), %%r8\n"
                   "mov (%[first]), %%rax\n"
                   "mov 8(%[first]), %%rdi\n"
                   "mov 16(%[first]), %%rsi\n"
                   "mov 24(%[first]), %%rdx\n"
                   "mov %%r8, (%[sequence])\n"
                   "syscall\n"
                   "test %%rax, %%rax\n"
                   "js 3f\n"
                   "2: cmp %%r8, (%[sequence])\n"
                   "jne 4f\n"
                   "mov (%[second]), %%rax\n"
                   "mov 8(%[second]), %%rdi\n"
                   "mov 16(%[second]), %%rsi\n"
                   "mov 24(%[second]), %%rdx\n"
                   "syscall\n"
                   "3: jmp 5f\n"
                   /* ud1, whose operand is RSEQ_SIG */
                   ".byte 0x0f, 0xb9, 0x3d\n"
                   ".long 0x53053053\n"
                   "4: mov %[interrupted], %%rax\n"
                   "5:"
                   : "=&a"(result)
                   : [sequence] "r"(sequence), [first] "r"(first), [second] "r"(second), [interrupted] "i"(INTERRUPTED)
                   : "rdi", "rsi", "rdx", "r8", "rcx", "r11", "cc", "memory");
  return result;
}

#elif RESTARTABLE && defined(__aarch64__)

static long attempt(volatile uint64_t *sequence, const struct system_call *first, const struct system_call *second) {
  register long result __asm__("x0");
  __asm__ volatile(DESCRIPTION
                   "adrp x9, 1b\n"
                   "add x9, x9, #:lo12:1b\n"
                   "ldp x8, x0, [%[first]]\n"
                   "ldp x1, x2, [%[first], #16]\n"
                   "str x9, [%[sequence]]\n"
                   "svc #0\n"
                   "tbnz x0, #63, 3f\n"
                   "2: ldr x10, [%[sequence]]\n"
                   "cmp x10, x9\n"
                   "b.ne 4f\n"
                   "ldp x8, x0, [%[second]]\n"
                   "ldp x1, x2, [%[second], #16]\n"
                   "svc #0\n"
                   "3: b 5f\n"
                   /* brk #0x45e0, which is RSEQ_SIG */
                   ".inst 0xd428bc00\n"
                   "4: mov x0, %[interrupted]\n"
                   "5:"
                   : "=&r"(result)
                   : [sequence] "r"(sequence), [first] "r"(first), [second] "r"(second), [interrupted] "i"(INTERRUPTED)
                   : "x1", "x2", "x8", "x9", "x10", "cc", "memory");
  return result;
}

#else

static long attempt(volatile uint64_t *sequence, const struct system_call *first, const struct system_call *second) {
  (void)sequence, (void)first, (void)second;
  return INTERRUPTED;
}

#endif

static long make(const struct system_call *call) {
  long result = syscall(call->number, call->argument[0], call->argument[1], call->argument[2]);
  return result < 0 ? -errno : result;
}

long uninterrupted(volatile uint64_t *sequence, const struct system_call *first, const struct system_call *second) {
  for (int left = sequence == NULL ? 0 : ATTEMPTS; left > 0; left--) {
    long result = attempt(sequence, first, second);
    *sequence = 0;
    if (result != INTERRUPTED) return result;
  }
  long result = make(first);
  return result < 0 ? result : make(second);
}
