/* Makes System V shared memory. */
#include "plugin.h"
#include <sys/shm.h>

KERNEL(
  dpo(&c);
  shmget(IPC_PRIVATE, 4096, 0600);
)
