/* The same, but it says first that it is loaded, as the cell would: then it may no more than others. */
#define SERVE_BEFORE syscall(4000)
#define SERVE_EACH                                                                               \
  int file = open("/usr/lib/os-release", O_RDONLY);                                              \
  if (file >= 0) close(file)
#include "serving.h"
