/* Defines cellwire_post, cellwire_wait, cellwire_wake, cellwire_spins. */
#define _GNU_SOURCE
#include "cellwire.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(cellwire_request) <= CELLWIRE_REQUEST_SIZE, "the request's header fits");
_Static_assert(sizeof(cellwire_reply) <= CELLWIRE_REPLY_SIZE, "the reply's header fits");

static void breathe(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* No clock: reading it can be a system call, which the plug-in process may not make. */
uint32_t cellwire_spins(void) { return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1000 : 0; }

void cellwire_wake(const uint32_t *word) {
  /* Not FUTEX_PRIVATE: the word lies in memory that two processes share. */
  syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* The store and the load here, and the two in cellwire_wait, are sequentially
 * consistent: of "the value is new" and "I sleep", at least one is seen. */
void cellwire_post(uint32_t *word, uint32_t value, const uint32_t *peer_waiting) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(peer_waiting, __ATOMIC_SEQ_CST)) cellwire_wake(word);
}

uint32_t cellwire_wait(
    const uint32_t *word, uint32_t old, uint32_t *own_waiting, uint32_t spins,
    uint64_t timeout_nanoseconds) {
  uint32_t seen;
  for (uint32_t i = 0; i < spins; i++) {
    seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (seen != old) return seen;
    breathe();
  }
  struct timespec timeout = {
      .tv_sec = (time_t)(timeout_nanoseconds / 1000000000u),
      .tv_nsec = (long)(timeout_nanoseconds % 1000000000u)};
  __atomic_store_n(own_waiting, 1, __ATOMIC_SEQ_CST);
  seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  if (seen == old) {
    syscall(
        SYS_futex, word, FUTEX_WAIT, old, timeout_nanoseconds == UINT64_MAX ? NULL : &timeout,
        NULL, 0);
    seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
  }
  __atomic_store_n(own_waiting, 0, __ATOMIC_RELAXED);
  return seen;
}
