/* Has a destructor of thread-local storage: there is no thread to end. */
#include "plugin.h"
#include <pthread.h>

static pthread_key_t key;
static void late(void *value) { *(volatile int *)value = 0; }
__attribute__((constructor)) static void early(void) {
  pthread_key_create(&key, late);
  pthread_setspecific(key, (void *)8);
}

KERNEL(
  dpo(&c);
)
