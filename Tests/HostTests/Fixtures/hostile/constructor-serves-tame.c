/* Serves from its constructor after it said that it is loaded, and does nothing else: a control. */
#define SERVE_BEFORE syscall(4000)
#define SERVE_EACH
#include "serving.h"
