// The kernels with what every processor has.

#include "tables.h"

#define CK_LANES 4
#define NAME(name) name##_plain

#include "body.h"

const ck_kernels *ck_table_plain(void) { return &NAME(table); }
