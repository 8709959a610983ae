/* Defines namespaces_left. */
#define _GNU_SOURCE
#include "cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const names[CELLWIRE_NAMESPACES] = {"user", "mnt", "pid", "net",
                                                       "ipc",  "uts", "cgroup"};

uint32_t namespaces_left(const char *own) {
  uint32_t left = 0;
  for (int i = 0; i < CELLWIRE_NAMESPACES; i++) {
    char *end;
    unsigned long long inode = strtoull(own, &end, 10);
    if (end == own) break;
    own = *end == ',' ? end + 1 : end;
    char path[32];
    struct stat status;
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    if (inode != 0 && stat(path, &status) == 0 && status.st_ino != inode)
      left |= (uint32_t)CELLWIRE_FIRST_NAMESPACE << i;
  }
  return left;
}
