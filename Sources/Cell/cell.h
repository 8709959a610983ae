/* cell.h: what the parts of the cell program share. */
#ifndef CELL_H
#define CELL_H
#include <stdint.h>
#include <sys/types.h>

#include "ckernelcall.h"

/* From the command line. */
typedef struct cell_settings {
  uint64_t memory_bytes; /* that the plug-in may add to what the cell itself has mapped */
  uint64_t stack_bytes;
  uint64_t cpu_seconds; /* over the whole life; a backstop behind the worker's deadline */
  int notify;           /* 0: filters that kill instead of asking the reporter */
  uint32_t layers;      /* the namespaces that the whole cell is in, see cellwire.h */
} cell_settings;

typedef struct cell_regions {
  const cellwire_request *request;
  cellwire_reply *reply;
  uint64_t input_size, output_size;
} cell_regions;

/* Numbers that no system call has. The plug-in process "calls" them to speak
 * to the reporter; a plug-in that does so too can only harm itself. */
enum { CELL_CALL_LOADED = 4000, CELL_CALL_NO_MEMORY = 4001 };

/* The plug-in process's end of its line to the reporter until the filter
 * stands. Above the descriptor limit, so that no later file can have its number. */
enum { CELL_FD_LINE = 63, CELL_DESCRIPTOR_LIMIT = 32 };

/* What goes over that line: the filter's listener as a descriptor, or a step that failed. */
typedef struct cell_hello {
  int32_t error; /* 0, or an errno */
  uint32_t notifying;
  uint32_t layers, landlock;
  char step[48];
} cell_hello;

/* reporter.c. Returns when the plug-in process is dead and reported. */
void reporter_run(pid_t plugin, int pidfd, int line, const cell_regions *regions);

/* plugin.c. The plug-in process from fork to death. */
_Noreturn void plugin_run(
    const cell_settings *settings, const cell_regions *regions, pid_t reporter, int line);

/* jail.c */
/* Everything before the filter. Returns 0 or an errno with the step's name, and
 * notes in *hello the layers that were reached. */
int jail_enter(
    const cell_settings *settings, pid_t reporter, int line, cell_hello *hello, const char **step);
/* Installs the filter and sends *hello with its listener over CELL_FD_LINE,
 * which closes. The only word on which one may sleep is `word`, without a timeout.
 * Returns 0 or an errno. */
int jail_install_filter(int notify, const uint32_t *word, cell_hello *hello);
/* Says that loading is over; in killing mode installs the second filter. */
void jail_loaded(int notifying, const uint32_t *word);

/* namespaces.c: which of the seven namespaces of `own` (numbers of inodes, joined
 * by commas, 0 for unknown) this process does not share, as bits of cellwire.h. */
uint32_t namespaces_left(const char *own);

/* memory.c: from here on a failed allocation is told to the reporter. */
void memory_guard(int notifying);
#endif
