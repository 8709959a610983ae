/* main.c: lossmith-cell, the process that runs one loss plug-in.
 *
 * Started by the supervisor, never by hand; the README says how it works. */
#define _GNU_SOURCE
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static int fault(const char *text) {
  cellwire_report report = {.report = CELLWIRE_FAULT, .number = errno};
  strncpy(report.text, text, sizeof report.text - 1);
  send(CELLWIRE_FD_STATUS, &report, sizeof report, MSG_NOSIGNAL);
  return 70;
}

static int parse(int count, char **arguments, cell_settings *settings) {
  if (count != 6) return 1;
  uint64_t *numbers[] = {
      &settings->memory_bytes, &settings->stack_bytes, &settings->cpu_seconds};
  for (int i = 0; i < 3; i++) {
    char *end;
    errno = 0;
    *numbers[i] = strtoull(arguments[i + 1], &end, 10);
    if (errno || end == arguments[i + 1] || *end) return 1;
  }
  settings->notify = strcmp(arguments[4], "notify") == 0;
  settings->layers = namespaces_left(arguments[5]);
  return !settings->notify && strcmp(arguments[4], "kill") != 0;
}

/* Maps both regions. The reporter keeps them only to wake a sleeping worker. */
static int map_regions(cell_regions *regions) {
  struct stat input, output;
  if (fstat(CELLWIRE_FD_INPUT, &input) != 0 || fstat(CELLWIRE_FD_OUTPUT, &output) != 0) return 1;
  if (input.st_size < CELLWIRE_REQUEST_SIZE || output.st_size < CELLWIRE_REPLY_SIZE) return 1;
  regions->input_size = (uint64_t)input.st_size;
  regions->output_size = (uint64_t)output.st_size;
  void *request =
      mmap(NULL, (size_t)input.st_size, PROT_READ, MAP_SHARED, CELLWIRE_FD_INPUT, 0);
  void *reply = mmap(
      NULL, (size_t)output.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, CELLWIRE_FD_OUTPUT, 0);
  if (request == MAP_FAILED || reply == MAP_FAILED) return 1;
  regions->request = request;
  regions->reply = reply;
  return regions->request->magic != CELLWIRE_MAGIC ||
         regions->request->version != CELLWIRE_VERSION;
}

int main(int count, char **arguments) {
  cell_settings settings = {0};
  /* Whether a program starts at all where the supervisor would start cells. */
  if (count == 2 && strcmp(arguments[1], "probe") == 0) return 0;
  if (parse(count, arguments, &settings) != 0) {
    fputs("lossmith-cell is a part of lossmith and not meant to be run by hand\n", stderr);
    return 2;
  }
  if (fcntl(CELLWIRE_FD_STATUS, F_GETFD) < 0) return 2;
  cell_regions regions = {0};
  if (map_regions(&regions) != 0) return fault("memory regions");
  int line[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0) return fault("socket pair");

  pid_t reporter = getpid();
  pid_t plugin = fork();
  if (plugin < 0) return fault("fork");
  if (plugin == 0) {
    close(line[0]);
    plugin_run(&settings, &regions, reporter, line[1]);
  }
  close(line[1]);
  close(CELLWIRE_FD_PLUGIN);
  close(CELLWIRE_FD_INPUT);
  close(CELLWIRE_FD_OUTPUT);
  int pidfd = (int)syscall(SYS_pidfd_open, plugin, 0);
  if (pidfd < 0) return fault("pidfd");
  reporter_run(plugin, pidfd, line[0], &regions);
  return 0;
}
