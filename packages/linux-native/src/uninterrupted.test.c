/*
 * Interrupts uninterrupted() at each of its instructions, in a child of its own for each, and looks how often it made
 * which call. Both are lseek: the first one moves a file on by 1, the second by 1000, so that where the file is tells.
 *
 * A real interruption may come on top of those: how often the first call is made is a least number.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "../native/uninterrupted.c"

#if RESTARTABLE && __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#if defined(__aarch64__)
#define AT pc
#define BREAKPOINT(word) (((word) & ~0xffffffffl) | 0xd4200000l)
#else
#define AT rip
#define BREAKPOINT(word) (((word) & ~0xffl) | 0xccl)
#endif

#define MOST 4096
#define ALWAYS (ATTEMPTS + 1)

static int file;
static struct system_call first, second;
static int checks, failures;

struct counts {
  long first;
  long second;
  int status;
};

static void expect(bool holds, const char *what, struct counts counts) {
  checks++;
  if (holds) return;
  failures++;
  printf("FAILED %s: calls %ld and %ld, status %d\n", what, counts.first, counts.second, counts.status);
}

static struct counts counted(int status) {
  long at = lseek(file, 0, SEEK_CUR);
  lseek(file, 0, SEEK_SET);
  return (struct counts){at % 1000, at / 1000, status};
}

#if RESTARTABLE

/* A child that stands before its call. Its status is 0 if it then has the right result, and has left its sequence. */
static pid_t start(volatile uint64_t *sequence) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0) _exit(3);
    raise(SIGSTOP);
    long result = uninterrupted(sequence, &first, &second);
    _exit(result == lseek(file, 0, SEEK_CUR) ? *sequence != 0 : 2);
  }
  if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) {
    printf("FAILED to interrupt: a child cannot be traced (status %d)\n", status);
    exit(2);
  }
  return child;
}

/* Until the child stops or ends. */
static int go(pid_t child, int how) {
  int status = 0;
  if (ptrace(how, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0) exit(2);
  return status;
}

static struct counts to_the_end(pid_t child, int how) {
  int status;
  do status = go(child, how);
  while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
  return counted(status);
}

static unsigned long where(pid_t child, unsigned long to) {
  struct user_regs_struct registers;
  struct iovec vector = {&registers, sizeof registers};
  ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &vector);
  if (to != 0) {
    registers.AT = to;
    ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &vector);
  }
  return registers.AT;
}

/*
 * The instructions that lead to the calls, and a few behind: the first `*before` make the first call, the first
 * `*between` the second one as well.
 */
static void trace(unsigned long *instruction, int *before, int *between, int *count) {
  static uint64_t nobody_looks_at;
  pid_t child = start(&nobody_looks_at);
  *before = *between = *count = 0;
  while (*count < MOST) {
    instruction[(*count)++] = where(child, 0);
    if (WIFEXITED(go(child, PTRACE_SINGLESTEP))) break;
    long at = lseek(file, 0, SEEK_CUR);
    if (at == 1 && *before == 0) *before = *count;
    if (at == 1001 && *between == 0) *between = *count;
    if (*between > 0 && *count == *between + 4) {
      kill(child, SIGKILL);
      waitpid(child, NULL, 0);
      break;
    }
  }
  counted(0);
}

static struct counts interrupted_at(volatile uint64_t *sequence, unsigned long instruction) {
  pid_t child = start(sequence);
  long word = ptrace(PTRACE_PEEKTEXT, child, instruction, NULL);
  ptrace(PTRACE_POKETEXT, child, instruction, BREAKPOINT(word));
  if (!WIFSTOPPED(go(child, PTRACE_CONT))) return counted(-1);
  ptrace(PTRACE_POKETEXT, child, instruction, word);
  where(child, instruction);
  return to_the_end(child, PTRACE_CONT);
}

/* Whether the kernel takes a sequence back at the end of a system call. */
static bool looks_after_calls(void) {
  struct utsname name;
  int major = 0, minor = 0;
  uname(&name);
  sscanf(name.release, "%d.%d", &major, &minor);
  return major < 6 || (major == 6 && minor < 19);
}

static void interrupt_everywhere(volatile uint64_t *sequence) {
  static unsigned long instruction[MOST];
  static uint64_t unknown;
  char what[100];
  int before, between, count;
  trace(instruction, &before, &between, &count);
  if (before < 4 || between <= before) {
    printf("FAILED to interrupt: the two calls were not found\n");
    exit(1);
  }
  for (int at = before - 4; at < count; at++) {
    bool inside = at >= before && at < between;
    snprintf(what, sizeof what, "interrupted at instruction %+d%s", at - before, inside ? ", between the calls" : "");
    struct counts counts = interrupted_at(sequence, instruction[at]);
    bool enough = counts.first >= 1 + inside && counts.first <= ALWAYS;
    expect(counts.status == 0 && counts.second == 1 && enough, what, counts);
    counts = interrupted_at(&unknown, instruction[at]);
    expect(counts.status == 0 && counts.second == 1 && counts.first == 1, "the same, unknown to the kernel", counts);
  }
  struct counts counts = to_the_end(start(sequence), PTRACE_SINGLESTEP);
  bool noticed = counts.first == ALWAYS;
  expect(counts.status == 0 && counts.second == 1 && noticed, "interrupted at every instruction", counts);
  counts = to_the_end(start(sequence), PTRACE_SYSCALL);
  noticed = counts.first == ALWAYS || (counts.first == 1 && !looks_after_calls());
  expect(counts.status == 0 && counts.second == 1 && noticed, "interrupted in every call", counts);
}

static volatile uint64_t *sequence_of_thread(void) {
#ifdef RSEQ_SIG
  struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
  if (__rseq_size > 0 && (int32_t)area->cpu_id >= 0) return (volatile uint64_t *)&area->rseq_cs;
#endif
  return NULL;
}

#else

static void interrupt_everywhere(volatile uint64_t *sequence) { (void)sequence; }
static volatile uint64_t *sequence_of_thread(void) { return NULL; }

#endif

static void without_interruption(volatile uint64_t *sequence) {
  const struct system_call wrong = {SYS_lseek, {file, 1, 99}};
  long result = uninterrupted(sequence, &first, &second);
  struct counts counts = counted(0);
  expect(result == 1000 + counts.first && counts.second == 1, "both calls, and the result of the second", counts);
  result = uninterrupted(sequence, &wrong, &second);
  counts = counted(0);
  expect(result == -EINVAL && counts.second == 0, "the error of the first call, and no second one", counts);
  result = uninterrupted(sequence, &first, &wrong);
  counts = counted(0);
  expect(result == -EINVAL && counts.first >= 1, "the error of the second call", counts);
  if (sequence != NULL) expect(*sequence == 0, "the sequence is left", counts);
}

int main(void) {
  file = memfd_create("uninterrupted", 0);
  first = (struct system_call){SYS_lseek, {file, 1, SEEK_CUR}};
  second = (struct system_call){SYS_lseek, {file, 1000, SEEK_CUR}};
  volatile uint64_t *sequence = sequence_of_thread();
  without_interruption(NULL);
  if (sequence != NULL) {
    without_interruption(sequence);
    interrupt_everywhere(sequence);
  }
  printf("%d checks, %s\n", checks, sequence == NULL ? "without restartable sequences" : "interrupted everywhere");
  return failures > 0;
}
