/* serving.h: a library whose constructor never returns: it finds the cell's two regions and answers all
 * requests itself, while it is still being loaded. A fixture defines SERVE_BEFORE, which runs once, and
 * SERVE_EACH, which runs in every call. */
#include "plugin.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../../Sources/CKernelCall/include/cellwire.h"

static double extra;

KERNEL(
  dpo(&c);
  value[0] += extra;
)

static int is_mapped(uintptr_t place) {
  return madvise((void *)(place & ~4095ul), 4096, MADV_NORMAL) == 0;
}

/* The regions lie side by side in a structure on the stack of the cell's main function. */
static int find(const cellwire_request **request, cellwire_reply **reply) {
  uintptr_t start = (uintptr_t)__builtin_frame_address(0) & ~7ul;
  for (uintptr_t p = start; p < start + (1 << 20) && is_mapped(p + 8); p += 8) {
    uintptr_t first = ((uintptr_t *)p)[0], second = ((uintptr_t *)p)[1];
    if (first % 4096 || first < 4096 || second % 4096 || second < 4096) continue;
    if (!is_mapped(first) || ((cellwire_request *)first)->magic != CELLWIRE_MAGIC) continue;
    if (!is_mapped(second)) continue;
    *request = (cellwire_request *)first;
    *reply = (cellwire_reply *)second;
    return 1;
  }
  return 0;
}

static int32_t answer(const cellwire_request *request, cellwire_reply *reply) {
  if (request->operation == CELLWIRE_DESCRIBE)
    return loss_describe_v1((loss_descriptor *)((char *)reply + CELLWIRE_REPLY_SIZE));
  void *places[9];
  double beta = 0;
  uint32_t rows = 0, count = 0;
  for (uint32_t i = 0; i < request->argument_count && count < 9; i++) {
    const cellwire_argument *given = &request->arguments[i];
    if (given->kind == CELLWIRE_U32) rows = (uint32_t)given->bits;
    else if (given->kind == CELLWIRE_F64) memcpy(&beta, &given->bits, sizeof beta);
    else if (given->kind == CELLWIRE_INPUT_OFFSET) places[count++] = (char *)request + given->bits;
    else places[count++] = (char *)reply + given->bits;
  }
  SERVE_EACH;
  return loss_kernel_v1(
      rows, places[0], places[1], places[2], places[3], beta, places[4], places[5], places[6]);
}

__attribute__((constructor)) static void serve(void) {
  const cellwire_request *request;
  cellwire_reply *reply;
  if (!find(&request, &reply)) __builtin_trap();
  SERVE_BEFORE;
  for (uint32_t done = 0;;) {
    uint32_t sequence = __atomic_load_n(&request->sequence, __ATOMIC_ACQUIRE);
    if (sequence == done) continue;
    reply->status = answer(request, reply);
    reply->outcome = CELLWIRE_RETURNED;
    done = sequence;
    __atomic_store_n(&reply->sequence, done, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &reply->sequence, 1 /* FUTEX_WAKE */, 1, 0, 0, 0);
  }
}
