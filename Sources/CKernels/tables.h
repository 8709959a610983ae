#ifndef CK_TABLES_H
#define CK_TABLES_H

#include "ckernels.h"

const ck_kernels *ck_table_plain(void);
const ck_kernels *ck_table_avx2(void);
const ck_kernels *ck_table_avx512(void);

#endif
