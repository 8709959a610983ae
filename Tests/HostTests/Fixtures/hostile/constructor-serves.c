/* Never ends loading, to keep the dynamic loader's leave to open files, and reads one in each call. */
#define SERVE_BEFORE
#define SERVE_EACH                                                                               \
  int file = open("/usr/lib/os-release", O_RDONLY);                                              \
  char byte = 0;                                                                                 \
  if (file >= 0 && read(file, &byte, 1) == 1) extra = byte;                                      \
  if (file >= 0) close(file)
#include "serving.h"
