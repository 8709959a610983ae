/* Makes a socket of the family AF_NETLINK. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  socket(AF_NETLINK, SOCK_STREAM, 0);
)
