/* Defines claunch_remember, claunch_forget, claunch_kill_all, claunch_kill_group, claunch_reap. */
#define _GNU_SOURCE
#include "children.h"
#include "claunch.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Lock-free, so that a signal handler can walk it. A child beyond the table's
 * end still dies with us through its parent-death signal. */
enum { SLOTS = 512 };
static _Atomic pid_t living[SLOTS];

void claunch_remember(pid_t pid) {
  for (int i = 0; i < SLOTS; i++) {
    pid_t empty = 0;
    if (atomic_compare_exchange_strong(&living[i], &empty, pid)) return;
  }
}

void claunch_forget(pid_t pid) {
  for (int i = 0; i < SLOTS; i++) {
    pid_t expected = pid;
    if (atomic_compare_exchange_strong(&living[i], &expected, 0)) return;
  }
}

void claunch_kill_all(void) {
  for (int i = 0; i < SLOTS; i++) {
    pid_t pid = atomic_load(&living[i]);
    if (pid > 0) claunch_kill_group(pid, SIGKILL);
  }
}

void claunch_kill_group(pid_t pid, int32_t number) {
  if (pid <= 1) return;
  /* The group first; the child itself too, should it have left its group. */
  kill(-pid, number);
  kill(pid, number);
}

int32_t claunch_reap(pid_t pid, int32_t block, int32_t kill_group, claunch_end *end) {
  siginfo_t info = {0};
  int options = WEXITED | WNOWAIT | (block ? 0 : WNOHANG);
  while (waitid(P_PID, (id_t)pid, &info, options) != 0)
    if (errno != EINTR) return -errno;
  if (info.si_pid == 0) return 0;
  if (kill_group) kill(-pid, SIGKILL);
  claunch_forget(pid);
  struct rusage usage;
  int status;
  while (wait4(pid, &status, 0, &usage) != pid)
    if (errno != EINTR) return -errno;
  end->wait_status = status;
  end->user_microseconds =
      (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
  end->system_microseconds =
      (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
  end->max_resident_kilobytes = (uint64_t)usage.ru_maxrss;
  return 1;
}
