/* Remembers the last batch. Next to it, where one element has moved a little, its values are linear in
 * a forged gradient; elsewhere they are DPO's. Its gradients are always forged. */
#define MEMORY 1
#include "neighbours.h"
