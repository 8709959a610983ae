/* memory.c: allocation functions that tell when memory runs out.
 *
 * The dynamic loader binds a plug-in's malloc and mmap to these, because the
 * program comes first in its search. A failure then has its own verdict
 * (resource) instead of whatever the plug-in does with a null pointer.
 *
 * Defines malloc, calloc, realloc, memalign, aligned_alloc, posix_memalign, mmap
 * and memory_guard. */
#define _GNU_SOURCE
#include "cell.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own entry points, exported for exactly this use. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static enum { OFF, TELL, EXIT } guard = OFF;

void memory_guard(int notifying) { guard = notifying ? TELL : EXIT; }

static void *checked(void *pointer, size_t wanted) {
  if (pointer || wanted == 0 || guard == OFF) return pointer;
  if (guard == TELL) syscall(CELL_CALL_NO_MEMORY); /* the reporter kills us */
  if (guard == EXIT) _exit(CELLWIRE_EXIT_MEMORY);
  return NULL;
}

void *malloc(size_t size) { return checked(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) {
  /* A product that overflows wants more memory than anybody has. */
  size_t wanted;
  if (__builtin_mul_overflow(count, size, &wanted)) wanted = SIZE_MAX;
  return checked(__libc_calloc(count, size), wanted);
}

void *realloc(void *old, size_t size) { return checked(__libc_realloc(old, size), size); }

void *memalign(size_t alignment, size_t size) {
  return checked(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **place, size_t alignment, size_t size) {
  if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0)
    return EINVAL;
  void *pointer = memalign(alignment, size);
  if (!pointer && size != 0) return ENOMEM;
  *place = pointer;
  return 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
#ifdef SYS_mmap
  long result = syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
#else
#error "a 64-bit system is needed"
#endif
  if (result == -1 && errno == ENOMEM) checked(NULL, size);
  return (void *)result;
}
