/* claunch.h: starting a program with exactly what it is given.
 *
 * The code between clone and exec must be async-signal-safe and may not touch a
 * language runtime, so it is C; the README says why posix_spawn is not enough. */
#ifndef CLAUNCH_H
#define CLAUNCH_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  CLAUNCH_NEW_GROUP = 1u << 0,       /* lead a process group: a terminal's Ctrl-C does not reach it */
  CLAUNCH_DIE_WITH_PARENT = 1u << 1, /* SIGKILL when the *thread* that called dies */
  CLAUNCH_NO_NEW_PRIVS = 1u << 2,
};

typedef struct claunch_limit {
  int32_t resource; /* RLIMIT_… */
  uint64_t soft, hard;
} claunch_limit;

/* Which step failed when claunch_spawn returns an error. */
enum {
  CLAUNCH_STEP_NONE = 0,
  CLAUNCH_STEP_CLONE = 1,
  CLAUNCH_STEP_DESCRIPTORS = 2,
  CLAUNCH_STEP_LIMITS = 3,
  CLAUNCH_STEP_DIRECTORY = 4,
  CLAUNCH_STEP_EXEC = 5,
  CLAUNCH_STEP_PARENT = 6,
  CLAUNCH_STEP_CONFINE = 7,
};

typedef struct claunch_request {
  const char *path;              /* absolute; no search */
  char *const *arguments;        /* argv, NULL-terminated */
  char *const *environment;      /* envp, NULL-terminated; nothing is inherited */
  const char *working_directory; /* or NULL: as the caller */
  const int32_t *descriptors;    /* become 0, 1, 2, …; -1 means /dev/null; all others are closed */
  uint32_t descriptor_count;     /* at most CLAUNCH_MAX_DESCRIPTORS */
  const claunch_limit *limits;
  uint32_t limit_count;
  uint32_t flags;
  /* Called in the child with `ruleset`, after no_new_privs and before the descriptors
   * are placed; async-signal-safe; returns 0 or an errno. NULL: nothing is called. */
  int32_t (*confine)(int32_t ruleset);
  int32_t ruleset;
} claunch_request;

enum { CLAUNCH_MAX_DESCRIPTORS = 32 };

/* Starts a program with default signal dispositions and an empty signal mask.
 * Returns 0 and sets *pid and *pidfd (close-on-exec; the caller closes it), or
 * an errno and sets *step. Returns after the exec succeeded or failed. */
int32_t claunch_spawn(const claunch_request *request, pid_t *pid, int32_t *pidfd, int32_t *step);

/* Sends a signal to the process group of a child that has not been reaped. */
void claunch_kill_group(pid_t pid, int32_t signal);

/* Children that an emergency exit kills (see claunch_install_handlers).
 * claunch_spawn adds; the reaper removes, before it reaps. */
void claunch_forget(pid_t pid);

typedef struct claunch_end {
  int32_t wait_status; /* as from waitpid */
  uint64_t user_microseconds, system_microseconds;
  uint64_t max_resident_kilobytes;
} claunch_end;

/* Reaps a child. Returns 1 and fills *end, 0 when it still runs and `block` is
 * 0, or a negative errno. Kills what is left of its process group first when
 * `kill_group` is not 0, while the zombie still reserves the group's number. */
int32_t claunch_reap(pid_t pid, int32_t block, int32_t kill_group, claunch_end *end);

/* SIGINT, SIGTERM and SIGHUP make the descriptor readable for good; a second
 * SIGINT kills every living child's group and exits with 130. SIGPIPE is ignored.
 * Returns 0 or an errno. */
int32_t claunch_install_handlers(void);
/* An eventfd, made at first use; -1 when none can be made. */
int32_t claunch_interrupt_descriptor(void);
/* The signal that came first; 0 while none did. */
int32_t claunch_interrupt_signal(void);

/* sendmsg and recvmsg with descriptors (SCM_RIGHTS). Returns bytes, or a
 * negative errno. Received descriptors are close-on-exec; surplus ones are
 * closed. `nonblocking` adds MSG_DONTWAIT. */
int64_t claunch_send(
    int32_t socket, const void *bytes, size_t count, const int32_t *descriptors,
    uint32_t descriptor_count);
int64_t claunch_receive(
    int32_t socket, void *bytes, size_t capacity, int32_t *descriptors,
    uint32_t *descriptor_count, int32_t nonblocking);

/* memfd_create with sealing allowed; `executable` != 0 permits mapping as code.
 * Returns a close-on-exec descriptor or a negative errno. */
int32_t claunch_memory_file(const char *name, int32_t executable);
/* fcntl(F_ADD_SEALS), which is variadic. Returns 0 or an errno. */
enum {
  CLAUNCH_SEAL_SEAL = 1,
  CLAUNCH_SEAL_SHRINK = 2,
  CLAUNCH_SEAL_GROW = 4,
  CLAUNCH_SEAL_WRITE = 8,
  CLAUNCH_SEAL_FUTURE_WRITE = 16,
};
int32_t claunch_seal(int32_t descriptor, int32_t seals);
/* pipe2 with close-on-exec. Returns 0, or -1 and sets errno. */
int32_t claunch_pipe(int32_t ends[2]);
/* socketpair(AF_UNIX) with close-on-exec, of packets or of a stream. Returns 0,
 * or -1 and sets errno. */
int32_t claunch_socket_pair(int32_t ends[2], int32_t packets);
/* Makes a descriptor non-blocking. Returns 0 or an errno. */
int32_t claunch_set_nonblocking(int32_t descriptor);
/* renameat2 with RENAME_EXCHANGE: each path then stands for what the other stood
 * for, in one step. Returns 0 or an errno. */
int32_t claunch_exchange(const char *first, const char *second);
#endif
