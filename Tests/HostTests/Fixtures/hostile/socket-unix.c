/* Makes a socket of the family AF_UNIX. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  socket(AF_UNIX, SOCK_STREAM, 0);
)
