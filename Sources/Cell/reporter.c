/* Defines reporter_run: judges the plug-in process's system calls, answers the
 * worker, and reports the end. */
#define _GNU_SOURCE
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#endif

typedef struct reporter {
  pid_t plugin;
  int pidfd, line, listener;
  uint32_t stage, cause, notifying;
  int number; /* of the system call that it was killed for */
  const cell_regions *regions;
  struct seccomp_notif *call;
  struct seccomp_notif_resp *answer;
} reporter;

/* Sends a packet to the worker, with a descriptor unless it is -1. */
static void tell(const cellwire_report *report, int descriptor) {
  struct iovec vector = {(void *)report, sizeof *report};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  /* A worker that is gone needs no report. */
  while (sendmsg(CELLWIRE_FD_STATUS, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

static uint64_t cpu_nanoseconds(pid_t process) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void kill_plugin(reporter *self, uint32_t cause) {
  if (self->cause == CELLWIRE_CAUSE_NONE) self->cause = cause;
  kill(self->plugin, SIGKILL);
}

/* Whether the dynamic loader needs the call. Paths cannot be judged here: they
 * lie in memory that the plug-in process may change under our eyes. */
static int loader_needs(const struct seccomp_data *data) {
  switch (data->nr) {
  case SCMP_SYS(openat): {
    uint64_t flags = data->args[2];
    return (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC | __O_TMPFILE));
  }
  case SCMP_SYS(mmap): /* code from a file, never writable code, never from nowhere */
    return !(data->args[2] & PROT_WRITE) && !(data->args[3] & MAP_ANONYMOUS);
  case SCMP_SYS(read):
  case SCMP_SYS(pread64):
  case SCMP_SYS(fstat):
  case SCMP_SYS(newfstatat):
  case SCMP_SYS(lseek):
  case SCMP_SYS(close):
  case SCMP_SYS(access):
  case SCMP_SYS(faccessat):
  case SCMP_SYS(readlink):
  case SCMP_SYS(getcwd): return 1;
  default: return 0;
  }
}

/* abort() sends its signal to the thread that calls it, the only one there is. */
static int is_abort(const reporter *self, const struct seccomp_data *data) {
  return data->nr == SCMP_SYS(tgkill) && (pid_t)data->args[0] == self->plugin &&
         (pid_t)data->args[1] == self->plugin && (int)data->args[2] == SIGABRT;
}

static void answer(reporter *self, uint32_t flags) {
  memset(self->answer, 0, sizeof *self->answer);
  self->answer->id = self->call->id;
  self->answer->flags = flags;
  seccomp_notify_respond(self->listener, self->answer);
}

static void judge(reporter *self) {
  if (!self->call) {
    kill_plugin(self, CELLWIRE_CAUSE_SYSCALL);
    return;
  }
  memset(self->call, 0, sizeof *self->call);
  /* Fails when the caller was killed meanwhile. */
  if (seccomp_notify_receive(self->listener, self->call) != 0) return;
  const struct seccomp_data *data = &self->call->data;
  if (data->nr == CELL_CALL_LOADED) {
    self->stage = CELLWIRE_SERVING;
    answer(self, 0);
  } else if (data->nr == CELL_CALL_NO_MEMORY) {
    kill_plugin(self, CELLWIRE_CAUSE_MEMORY);
  } else if (is_abort(self, data) || (self->stage == CELLWIRE_LOADING && loader_needs(data))) {
    answer(self, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  } else {
    self->number = data->nr;
    kill_plugin(self, CELLWIRE_CAUSE_SYSCALL);
  }
}

/* The plug-in process's first and only words. Returns 0, or 1 after a fault. */
static int greet(reporter *self) {
  cell_hello hello = {0};
  struct iovec vector = {&hello, sizeof hello};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control,
      .msg_controllen = sizeof control};
  ssize_t count = recvmsg(self->line, &message, MSG_CMSG_CLOEXEC);
  if (count != (ssize_t)sizeof hello) return 0; /* it died: the pidfd tells */
  if (hello.error) {
    cellwire_report report = {.report = CELLWIRE_FAULT, .number = hello.error};
    hello.step[sizeof hello.step - 1] = 0;
    memcpy(report.text, hello.step, sizeof hello.step);
    tell(&report, -1);
    return 1;
  }
  self->notifying = hello.notifying;
  cellwire_report entered = {
      .report = CELLWIRE_ENTERED, .notifying = hello.notifying, .layers = hello.layers,
      .landlock = hello.landlock};
  tell(&entered, -1);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS)
    memcpy(&self->listener, CMSG_DATA(header), sizeof(int));
  return 0;
}

/* Obeys one order of the worker. Returns 1 when the worker is gone. */
static int obey(reporter *self) {
  cellwire_order order;
  ssize_t count = recv(CELLWIRE_FD_STATUS, &order, sizeof order, 0);
  if (count == 0 || (count < 0 && errno != EINTR)) return 1;
  if (count != (ssize_t)sizeof order) return 0;
  if (order.order == CELLWIRE_KILL) kill_plugin(self, CELLWIRE_CAUSE_ORDER);
  if (order.order == CELLWIRE_ASK_CPU) {
    cellwire_report report = {
        .report = CELLWIRE_CPU, .stage = self->stage, .notifying = self->notifying,
        .cpu_nanoseconds = cpu_nanoseconds(self->plugin)};
    tell(&report, -1);
  }
  return 0;
}

static void report_end(reporter *self) {
  struct rusage usage = {0};
  int status = 0;
  while (wait4(self->plugin, &status, 0, &usage) < 0 && errno == EINTR) {}
  cellwire_report report = {
      .report = CELLWIRE_ENDED, .stage = self->stage, .cause = self->cause,
      .wait_status = status, .number = self->number, .notifying = self->notifying,
      .user_microseconds =
          (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec,
      .system_microseconds =
          (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec,
      .max_resident_kilobytes = (uint64_t)usage.ru_maxrss};
  if (self->cause == CELLWIRE_CAUSE_SYSCALL) {
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, self->number);
    if (name) strncpy(report.text, name, sizeof report.text - 1);
    free(name);
  }
  tell(&report, -1);
  /* The worker may sleep on the reply that will never come. */
  cellwire_wake(&self->regions->reply->sequence);
}

void reporter_run(pid_t plugin, int pidfd, int line, const cell_regions *regions) {
  reporter self = {
      .plugin = plugin, .pidfd = pidfd, .line = line, .listener = -1,
      .stage = CELLWIRE_LOADING, .number = -1, .regions = regions};
  cellwire_report started = {.report = CELLWIRE_STARTED};
  tell(&started, pidfd);
  /* Fails on kernels without notifications, where none will come. */
  if (seccomp_notify_alloc(&self.call, &self.answer) != 0) self.call = NULL;
  for (;;) {
    struct pollfd places[] = {
        {pidfd, POLLIN, 0},
        {CELLWIRE_FD_STATUS, POLLIN, 0},
        {self.line, POLLIN, 0},
        {self.listener, POLLIN, 0},
    };
    if (poll(places, 4, -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (places[1].revents && obey(&self)) break;
    if (places[2].revents) {
      if (greet(&self)) break;
      close(self.line);
      self.line = -1;
    }
    if (places[3].revents & POLLIN) judge(&self);
    if (places[0].revents) {
      report_end(&self);
      return;
    }
    if (places[3].revents & (POLLHUP | POLLERR) && !(places[3].revents & POLLIN)) {
      /* Nobody uses the filter any more; the pidfd follows. */
      close(self.listener);
      self.listener = -1;
    }
  }
  kill(plugin, SIGKILL);
  while (waitpid(plugin, NULL, 0) < 0 && errno == EINTR) {}
  cellwire_wake(&regions->reply->sequence);
}
