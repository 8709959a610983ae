/* Exports no kernel. */
#include "plugin.h"
