/* Makes a socket while it loads. */
#include "plugin.h"
#include <sys/socket.h>

__attribute__((constructor)) static void early(void) { socket(AF_INET, SOCK_STREAM, 0); }

KERNEL(
  dpo(&c);
)
