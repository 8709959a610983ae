/* confine.h: giving up access to files and to the network, for good and for
 * all children, without privileges. Used by the cell for itself, and by the
 * host for the workers that it starts. */
#ifndef CONFINE_H
#define CONFINE_H
#include <stdint.h>

enum {
  CONFINE_READ = 1,    /* read files, list folders */
  CONFINE_WRITE = 2,   /* write, make, rename, truncate and remove what is below */
  CONFINE_EXECUTE = 4, /* start as a program; mapping code needs READ only */
};
typedef struct confine_rule {
  const char *path; /* a file or a folder; links are followed; skipped when not there */
  uint32_t access;
} confine_rule;

/* The version of Landlock's interface that the kernel has; 0: none. */
int32_t confine_landlock_version(void);

/* A Landlock ruleset that allows what the rules say and nothing else: no other
 * file, and by the kernel's version no TCP, no signal to and no abstract socket of
 * a process outside. Returns a close-on-exec descriptor, or a negative errno. */
int32_t confine_ruleset(const confine_rule *rules, uint32_t count);

/* Puts the calling thread and its future children under a ruleset; needs
 * no_new_privs. Async-signal-safe. Returns 0 or an errno. */
int32_t confine_restrict(int32_t ruleset);

/* Denies (EPERM) the calling thread and its future children what a worker has no
 * business with: sockets other than those it holds, other processes' memory,
 * io_uring, bpf, namespaces, mounts, keys; and kills for calls of another
 * architecture. Needs no_new_privs. Async-signal-safe. Returns 0 or an errno. */
int32_t confine_worker_calls(void);

/* Gives up every capability, which root has: one of them lets it read the
 * environment of any process. With no_new_privs an exec brings none back.
 * Async-signal-safe. Returns 0 or an errno. */
int32_t confine_capabilities(void);

/* All three, for a child between clone and exec; a negative ruleset is left out. */
int32_t confine_child(int32_t ruleset);
#endif
