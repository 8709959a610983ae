/* Makes a pair of sockets. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  int ends[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
)
