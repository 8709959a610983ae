/* Opens a socket. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  socket(AF_INET, SOCK_STREAM, 0);
)
