/* Defines jail_enter, jail_install_filter, jail_loaded. */
#define _GNU_SOURCE
#include "cell.h"
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes of address space in use, or 0. */
static uint64_t mapped_bytes(void) {
  unsigned long long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  if (fscanf(file, "%llu", &pages) != 1) pages = 0;
  fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Never above what we are allowed ourselves, which only root could raise. */
static int limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit value = {soft, hard}, own;
  if (getrlimit((__rlimit_resource_t)resource, &own) != 0) return errno;
  if (value.rlim_max > own.rlim_max) value.rlim_max = own.rlim_max;
  if (value.rlim_cur > value.rlim_max) value.rlim_cur = value.rlim_max;
  return setrlimit((__rlimit_resource_t)resource, &value) == 0 ? 0 : errno;
}

static int set_limits(const cell_settings *settings) {
  uint64_t mapped = mapped_bytes();
  if (mapped == 0) return ENOSYS;
  uint64_t space = mapped + settings->memory_bytes + settings->stack_bytes;
  const struct {
    int resource;
    uint64_t soft, hard;
  } limits[] = {
      {RLIMIT_STACK, settings->stack_bytes, settings->stack_bytes},
      {RLIMIT_AS, space, space},
      /* SIGXCPU, then SIGKILL a second later. */
      {RLIMIT_CPU, settings->cpu_seconds, settings->cpu_seconds + 1},
      {RLIMIT_NOFILE, CELL_DESCRIPTOR_LIMIT, CELL_DESCRIPTOR_LIMIT},
      {RLIMIT_FSIZE, 0, 0},
      {RLIMIT_CORE, 0, 0},
      {RLIMIT_MEMLOCK, 0, 0},
      {RLIMIT_MSGQUEUE, 0, 0},
      {RLIMIT_NPROC, 0, 0}, /* does not bind root; the filter denies clone as well */
  };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    int error = limit(limits[i].resource, limits[i].soft, limits[i].hard);
    if (error) return error;
  }
  return 0;
}

/* Keeps the plug-in's file and the line, and 0 to 2, which are the null device:
 * libseccomp takes a listener that happens to be descriptor 0 for none at all. */
static int keep_descriptors(int line) {
  if (dup3(line, CELL_FD_LINE, O_CLOEXEC) < 0) return errno;
  if (syscall(SYS_close_range, CELLWIRE_FD_PLUGIN + 1u, CELL_FD_LINE - 1u, 0) != 0) return errno;
  if (syscall(SYS_close_range, CELL_FD_LINE + 1u, ~0u, 0) != 0) return errno;
  return 0;
}

/* Where libraries may lie. Data that everybody may read; nothing of the user's. */
static const confine_rule libraries[] = {
    {"/lib", CONFINE_READ},           {"/lib64", CONFINE_READ},
    {"/usr/lib", CONFINE_READ},       {"/usr/lib64", CONFINE_READ},
    {"/usr/local/lib", CONFINE_READ}, {"/etc/ld.so.cache", CONFINE_READ},
};

/* Files that a plug-in may open while it loads, where the kernel has Landlock;
 * also no TCP and no signals out of the cell. The plug-in itself is a memory
 * file, which Landlock lets through. */
static int restrict_files(cell_hello *hello) {
  int32_t version = confine_landlock_version();
  if (version == 0) return 0;
  int32_t ruleset = confine_ruleset(libraries, sizeof libraries / sizeof *libraries);
  if (ruleset < 0) return -ruleset;
  int error = confine_restrict(ruleset);
  close(ruleset);
  if (error) return error;
  hello->layers |= CELLWIRE_LANDLOCK;
  hello->landlock = (uint32_t)version;
  return 0;
}

/* Takes away what tells the time without a system call: the kernel's code for that
 * (read on, since the dynamic loader looks at its tables) and its data, whose place stays taken, so
 * that nothing else comes to lie there. Where the kernel holds both fast, that is an error. */
static int hide_kernel_clock(void) {
  enum { MOST = 8 };
  struct {
    unsigned long begin, end;
    int is_code;
  } found[MOST];
  int count = 0;
  char line[512];
  FILE *file = fopen("/proc/self/maps", "re");
  if (!file) return errno;
  while (count < MOST && fgets(line, sizeof line, file)) {
    unsigned long begin, end;
    int place = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &begin, &end, &place) != 2 || !place) continue;
    int is_code = strcmp(line + place, "[vdso]\n") == 0;
    if (!is_code && strncmp(line + place, "[vvar", 5) != 0) continue;
    found[count].begin = begin;
    found[count].end = end;
    found[count++].is_code = is_code;
  }
  fclose(file);
  for (int i = 0; i < count; i++) {
    void *place = (void *)found[i].begin;
    size_t size = found[i].end - found[i].begin;
    if (found[i].is_code) {
      if (mprotect(place, size, PROT_READ) != 0) return errno;
      continue;
    }
    void *empty =
        mmap(place, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (empty == MAP_FAILED) return errno;
  }
  return 0;
}

int jail_enter(
    const cell_settings *settings, pid_t reporter, int line, cell_hello *hello, const char **step) {
  hello->layers = settings->layers;
  *step = "parent-death signal";
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return errno;
  if (getppid() != reporter) return ESRCH;
  /* While /proc can still be read. */
  int is_hidden = hide_kernel_clock() == 0;
  *step = "dumpable";
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return errno;
  *step = "environment";
  if (clearenv() != 0) return ENOMEM;
  *step = "descriptors";
  int error = keep_descriptors(line);
  if (error) return error;
  /* After that: no descriptor as high as CELL_FD_LINE can be made any more. */
  *step = "resource limits";
  error = set_limits(settings);
  if (error) return error;
  *step = "capabilities";
  error = confine_capabilities();
  if (error) return error;
  *step = "no_new_privs";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  *step = "Landlock";
  error = restrict_files(hello);
  if (error) return error;
  /* A loss needs no clock; without one it cannot time what others do. Not every processor can. */
  if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) == 0 && is_hidden)
    hello->layers |= CELLWIRE_NO_CLOCK;
  return 0;
}

/* Waking anybody, and sleeping until the next request: a wait with an end would be a
 * way to idle for as long as one likes, and a single thread has nobody else to wait for. */
static int allow_futex(scmp_filter_ctx filter, const uint32_t *word) {
  int result = seccomp_rule_add(
      filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
      SCMP_A1(SCMP_CMP_MASKED_EQ, FUTEX_CMD_MASK & 0xffffffffu, FUTEX_WAKE));
  if (result != 0) return result;
  return seccomp_rule_add(
      filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 3,
      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(uintptr_t)word),
      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, FUTEX_WAIT), SCMP_A3(SCMP_CMP_EQ, 0));
}

/* Calls that computing needs and that reach nothing. getpid, gettid and
 * rt_sigprocmask are for abort(). */
static int allow_computing(scmp_filter_ctx filter, const uint32_t *word) {
  static const int always[] = {
      SCMP_SYS(munmap), SCMP_SYS(mremap),       SCMP_SYS(madvise),        SCMP_SYS(brk),
      SCMP_SYS(getpid), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(gettid),
      SCMP_SYS(restart_syscall),
  };
  int error = allow_futex(filter, word);
  if (error) return error;
  for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
    int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, always[i], 0);
    if (result != 0) return result;
  }
  static const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
  for (size_t i = 0; i < sizeof mapping / sizeof *mapping; i++) {
    int result = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, mapping[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (result != 0) return result;
  }
  return 0;
}

/* For kernels without notifications: what a killing filter must let through
 * while the plug-in loads, and afterwards. */
static int allow_killing_mode(scmp_filter_ctx filter, int loading) {
  int result = seccomp_rule_add(
      filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 1,
      SCMP_A0(SCMP_CMP_EQ, CELLWIRE_EXIT_MEMORY));
  if (result == 0)
    result = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()),
        SCMP_A2(SCMP_CMP_EQ, SIGABRT));
  if (result != 0 || !loading) return result;
  static const int reading[] = {
      SCMP_SYS(read),   SCMP_SYS(pread64), SCMP_SYS(fstat),  SCMP_SYS(newfstatat),
      SCMP_SYS(close),  SCMP_SYS(lseek),   SCMP_SYS(access), SCMP_SYS(faccessat),
      SCMP_SYS(mmap),   SCMP_SYS(seccomp), SCMP_SYS(prctl),  SCMP_SYS(readlink),
      SCMP_SYS(getcwd),
  };
  for (size_t i = 0; i < sizeof reading / sizeof *reading; i++) {
    result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, reading[i], 0);
    if (result != 0) return result;
  }
  return seccomp_rule_add(
      filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
      SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
}

/* Loads a filter. Returns 0 or an errno; *listener is -1 without notifications. */
static int load(uint32_t action, int loading, const uint32_t *word, int *listener) {
  *listener = -1;
  scmp_filter_ctx filter = seccomp_init(action);
  if (!filter) return ENOMEM;
  /* A call of another architecture (int 0x80, x32) never reaches the rules. */
  int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (result == 0) result = allow_computing(filter, word);
  if (result == 0 && loading)
    /* The line to the reporter: it must work before the reporter can answer, and closes then. */
    result = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, SCMP_A0(SCMP_CMP_EQ, CELL_FD_LINE));
  if (result == 0 && action != SCMP_ACT_NOTIFY) result = allow_killing_mode(filter, loading);
  if (result == 0) result = seccomp_load(filter);
  if (result == 0 && action == SCMP_ACT_NOTIFY) *listener = seccomp_notify_fd(filter);
  /* Not released: freeing closes the listener in this version of the library
   * on some paths, and the process keeps a few kilobytes only. */
  return result < 0 ? -result : result;
}

/* Async-signal-safe: no allocation, one system call that the filter lets through. */
static int send_hello(int listener, cell_hello *hello) {
  struct iovec vector = {hello, sizeof *hello};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (listener >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &listener, sizeof(int));
  }
  return sendmsg(CELL_FD_LINE, &message, MSG_NOSIGNAL) == sizeof *hello ? 0 : errno;
}

int jail_install_filter(int notify, const uint32_t *word, cell_hello *hello) {
  int listener = -1;
  if (notify && load(SCMP_ACT_NOTIFY, 1, word, &listener) == 0 && listener >= 0) {
    hello->notifying = 1;
    hello->layers |= CELLWIRE_NAMES_CALLS;
    int error = send_hello(listener, hello);
    close(listener);
    close(CELL_FD_LINE);
    return error;
  }
  int error = load(SCMP_ACT_KILL_PROCESS, 1, word, &listener);
  if (error) return error;
  error = send_hello(-1, hello);
  close(CELL_FD_LINE);
  return error;
}

void jail_loaded(int notifying, const uint32_t *word) {
  if (notifying) {
    syscall(CELL_CALL_LOADED);
    return;
  }
  int listener;
  /* Without its second filter a plug-in must not run. */
  if (load(SCMP_ACT_KILL_PROCESS, 0, word, &listener) != 0) abort();
}
