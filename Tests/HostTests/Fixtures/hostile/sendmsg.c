/* Sends on the descriptor that the worker's line once had. */
#include "plugin.h"
#include <sys/socket.h>

KERNEL(
  dpo(&c);
  struct msghdr message = {0};
  sendmsg(6, &message, 0);
)
