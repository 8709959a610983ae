/* Runs code when it is unloaded. */
#include "benign.c"

static volatile int unloaded;
__attribute__((destructor)) static void unload(void) { unloaded = 1; }
