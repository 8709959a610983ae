/* Makes a socket of the family AF_VSOCK. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  socket(AF_VSOCK, SOCK_STREAM, 0);
)
