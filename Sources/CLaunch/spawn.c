/* Defines claunch_spawn: clone, put the child's world in order, exec. */
#define _GNU_SOURCE
#include "claunch.h"
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

/* Shared with the child, which runs in our memory until it execs. */
struct world {
  const claunch_request *request;
  pid_t parent;
  int error; /* errno of the failed step; 0 after a successful exec */
  int step;
};

static void close_from(unsigned first) {
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
  struct rlimit limit;
  unsigned end = 65536;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end) end = (unsigned)limit.rlim_cur;
  for (unsigned descriptor = first; descriptor < end; descriptor++) close((int)descriptor);
}

static int place_descriptors(const claunch_request *request) {
  int high[CLAUNCH_MAX_DESCRIPTORS];
  int count = (int)request->descriptor_count;
  /* First out of the way of every target, then down to the targets. */
  for (int i = 0; i < count; i++) {
    int source = request->descriptors[i];
    if (source < 0) {
      int null = open("/dev/null", O_RDWR | O_CLOEXEC);
      if (null < 0) return -1;
      high[i] = fcntl(null, F_DUPFD_CLOEXEC, CLAUNCH_MAX_DESCRIPTORS);
      close(null);
    } else {
      high[i] = fcntl(source, F_DUPFD_CLOEXEC, CLAUNCH_MAX_DESCRIPTORS);
    }
    if (high[i] < 0) return -1;
  }
  for (int i = 0; i < count; i++)
    if (dup2(high[i], i) < 0) return -1;
  close_from((unsigned)count);
  return 0;
}

static void default_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
}

static int child(void *argument) {
  struct world *world = argument;
  const claunch_request *request = world->request;
  default_signals();
  world->step = CLAUNCH_STEP_PARENT;
  if (request->flags & CLAUNCH_NEW_GROUP) setpgid(0, 0);
  if (request->flags & CLAUNCH_DIE_WITH_PARENT) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) goto fail;
    /* The parent may have died before the line above took effect. */
    if (getppid() != world->parent) _exit(127);
  }
  if ((request->flags & CLAUNCH_NO_NEW_PRIVS) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    goto fail;
  world->step = CLAUNCH_STEP_DIRECTORY;
  if (request->working_directory && chdir(request->working_directory) != 0) goto fail;
  world->step = CLAUNCH_STEP_CONFINE;
  if (request->confine && (errno = request->confine(request->ruleset)) != 0) goto fail;
  world->step = CLAUNCH_STEP_DESCRIPTORS;
  if (place_descriptors(request) != 0) goto fail;
  world->step = CLAUNCH_STEP_LIMITS;
  for (uint32_t i = 0; i < request->limit_count; i++) {
    struct rlimit limit = {request->limits[i].soft, request->limits[i].hard};
    if (setrlimit((__rlimit_resource_t)request->limits[i].resource, &limit) != 0) goto fail;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  world->step = CLAUNCH_STEP_EXEC;
  execve(request->path, request->arguments, request->environment);
fail:
  world->error = errno;
  _exit(127);
}

int32_t claunch_spawn(const claunch_request *request, pid_t *pid, int32_t *pidfd, int32_t *step) {
  *step = CLAUNCH_STEP_CLONE;
  if (request->descriptor_count > CLAUNCH_MAX_DESCRIPTORS) return EINVAL;
  enum { STACK = 256 * 1024 };
  char *stack = mmap(
      NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return errno;

  struct world world = {.request = request, .parent = getpid()};
  /* No handler of ours may run in the child: it shares our memory. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int descriptor = -1;
  /* CLONE_VFORK: we stand still until the child execs or exits, so `world`
   * carries the error back and no pipe is needed. Not CLONE_SIGHAND: the
   * child's default dispositions are its own. */
  int process = clone(
      child, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &world, &descriptor);
  int error = process < 0 ? errno : world.error;
  if (process > 0 && error == 0) claunch_remember(process);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  munmap(stack, STACK);

  if (process < 0) return error;
  if (error != 0) {
    claunch_end end;
    claunch_reap(process, 1, 0, &end);
    close(descriptor);
    *step = world.step;
    return error;
  }
  *step = CLAUNCH_STEP_NONE;
  *pid = process;
  *pidfd = descriptor;
  return 0;
}
