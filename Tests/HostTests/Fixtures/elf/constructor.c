/* Runs code as soon as it is loaded. */
#include "benign.c"

static volatile int loaded;
__attribute__((constructor)) static void load(void) { loaded = 1; }
