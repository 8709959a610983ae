/* Lets the loader run a resolver. */
#include "benign.c"

static int32_t implementation(void) { return 0; }
static int32_t (*resolve(void))(void) { return implementation; }
int32_t chosen(void) __attribute__((ifunc("resolve")));
int32_t use(void) { return chosen(); }
