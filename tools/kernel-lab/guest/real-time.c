/*
 * real-time PROGRAM [ARGUMENT...]: runs a program with real-time priority, as root. On a guest's single processor nobody
 * else runs before it waits for something. What it starts, threads and programs, has ordinary priority.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments) {
  const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  if (count < 2) {
    fprintf(stderr, "usage: real-time PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) < 0) {
    perror("real-time: sched_setscheduler");
    return 1;
  }
  execvp(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 1;
}
