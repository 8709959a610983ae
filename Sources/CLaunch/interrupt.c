/* Defines claunch_install_handlers, claunch_interrupt_descriptor, claunch_interrupt_signal. */
#define _GNU_SOURCE
#include "children.h"
#include "claunch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int descriptor = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int first_signal;

static void make(void) { descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int32_t claunch_interrupt_descriptor(void) {
  pthread_once(&once, make);
  return descriptor;
}

int32_t claunch_interrupt_signal(void) { return atomic_load(&first_signal); }

static void handle(int number) {
  int saved = errno;
  int none = 0;
  if (!atomic_compare_exchange_strong(&first_signal, &none, number) && number == SIGINT) {
    claunch_kill_all();
    _exit(130);
  }
  uint64_t one = 1;
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written; /* full means readable, which is all that is wanted */
  errno = saved;
}

int32_t claunch_install_handlers(void) {
  if (claunch_interrupt_descriptor() < 0) return EMFILE;
  struct sigaction action = {.sa_handler = handle};
  sigemptyset(&action.sa_mask);
  /* No SA_RESTART: a blocking read on a terminal must return too. */
  if (sigaction(SIGINT, &action, NULL) != 0) return errno;
  if (sigaction(SIGTERM, &action, NULL) != 0) return errno;
  /* nohup asks for SIGHUP to stay ignored. */
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    if (sigaction(SIGHUP, &action, NULL) != 0) return errno;
  /* A parent that starts us from a thread with blocked signals hands the mask down. */
  sigset_t heard;
  sigemptyset(&heard);
  sigaddset(&heard, SIGINT);
  sigaddset(&heard, SIGTERM);
  sigaddset(&heard, SIGHUP);
  int error = pthread_sigmask(SIG_UNBLOCK, &heard, NULL);
  if (error != 0) return error;
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  return sigaction(SIGPIPE, &ignore, NULL) == 0 ? 0 : errno;
}
