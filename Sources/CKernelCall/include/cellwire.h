/* cellwire.h: what worker, reporter and plug-in process say to each other.
 *
 * Two memory regions carry the calls. The host writes the input region, which
 * the plug-in process can only read; the plug-in process writes the output
 * region, which the host copies once and believes nothing of. Every size and
 * offset comes from the host; nothing read from the output region is used as one.
 *
 *     input:  | cellwire_request | columns …                       |
 *     output: | cellwire_reply   | value … | gradients … (or text) |
 *
 * A packet socket joins worker and reporter; the plug-in process has no end of it. */
#ifndef CELLWIRE_H
#define CELLWIRE_H
#include <stdint.h>

#define CELLWIRE_MAGIC 0x4C4C4543u /* the bytes "CELL" */
#define CELLWIRE_VERSION 2u

enum {
  CELLWIRE_REQUEST_SIZE = 4096, /* data of the input region begins here */
  CELLWIRE_REPLY_SIZE = 4096,   /* data of the output region begins here */
  CELLWIRE_MAX_ARGUMENTS = 48,
  CELLWIRE_TEXT_SIZE = 512,
};

enum { CELLWIRE_DESCRIBE = 1, CELLWIRE_CALL = 2 };

/* Values, or places relative to a region's start. */
enum {
  CELLWIRE_U32 = 1,
  CELLWIRE_F64 = 2,
  CELLWIRE_INPUT_OFFSET = 3,
  CELLWIRE_OUTPUT_OFFSET = 4,
};
typedef struct cellwire_argument {
  uint32_t kind, reserved;
  uint64_t bits; /* number, bit pattern or offset */
} cellwire_argument;

typedef struct cellwire_request {
  uint32_t magic, version;
  uint32_t sequence; /* futex; the host raises it after all else is written */
  uint32_t waiting;  /* 1 while the host sleeps on the reply */
  uint32_t operation, argument_count;
  cellwire_argument arguments[CELLWIRE_MAX_ARGUMENTS];
} cellwire_request;

/* What a reply's `outcome` can be. */
enum {
  CELLWIRE_RETURNED = 1,       /* `status` is what the plug-in's function returned */
  CELLWIRE_NOT_LOADED = 2,     /* `text` is the dynamic loader's message */
  CELLWIRE_NO_DESCRIBE = 3,    /* the library has no loss_describe_v1 */
  CELLWIRE_NO_KERNEL = 4,      /* the library has no loss_kernel_v1 */
  CELLWIRE_BAD_REQUEST = 5,    /* the request makes no sense to the cell */
};
typedef struct cellwire_reply {
  uint32_t sequence; /* futex; equals the request's once the call is done */
  uint32_t waiting;  /* 1 while the plug-in process sleeps on a request */
  uint32_t outcome;
  int32_t status;
  char text[CELLWIRE_TEXT_SIZE];
} cellwire_reply;

/* Socket, worker to reporter. */
enum { CELLWIRE_ASK_CPU = 1, CELLWIRE_KILL = 2 };
typedef struct cellwire_order {
  uint32_t order;
} cellwire_order;

/* Socket, reporter to worker. */
enum {
  CELLWIRE_STARTED = 1, /* with the plug-in process's pidfd */
  CELLWIRE_CPU = 2,     /* answer to CELLWIRE_ASK_CPU */
  CELLWIRE_ENDED = 3,   /* the last report: the plug-in process is dead and reaped */
  CELLWIRE_FAULT = 4,   /* the last report: the cell could not be set up; `text` says why */
  CELLWIRE_ENTERED = 5, /* the plug-in process is locked in: `layers` and `landlock` */
};
/* Layers beyond the floor that a cell reached. A namespace counts when it is
 * another one than the supervisor's. */
enum {
  CELLWIRE_NAMES_CALLS = 1u << 0, /* denied system calls are told by name */
  CELLWIRE_LANDLOCK = 1u << 1,
  CELLWIRE_NO_CLOCK = 1u << 2, /* reading the processor's clock is a crash */
  CELLWIRE_FIRST_NAMESPACE = 1u << 8, /* user, mnt, pid, net, ipc, uts, cgroup */
  CELLWIRE_NAMESPACES = 7,
};
enum { CELLWIRE_LOADING = 1, CELLWIRE_SERVING = 2 };
enum {
  CELLWIRE_CAUSE_NONE = 0,   /* the plug-in's own doing: see wait_status */
  CELLWIRE_CAUSE_SYSCALL = 1, /* killed for a system call: `number`, and its name in `text` */
  CELLWIRE_CAUSE_MEMORY = 2,  /* killed for wanting more memory than it may have */
  CELLWIRE_CAUSE_ORDER = 3,   /* killed because the worker said so */
};
typedef struct cellwire_report {
  uint32_t report, stage, cause;
  int32_t wait_status;
  int32_t number;
  uint32_t notifying; /* 0: system calls were refused by killing; their names are unknown */
  uint32_t layers, landlock; /* bits of the layers reached; version of Landlock's interface */
  uint64_t cpu_nanoseconds;
  uint64_t user_microseconds, system_microseconds;
  uint64_t max_resident_kilobytes;
  char text[64];
} cellwire_report;

/* Descriptors of the cell program. */
enum {
  CELLWIRE_FD_PLUGIN = 3,
  CELLWIRE_FD_INPUT = 4,
  CELLWIRE_FD_OUTPUT = 5,
  CELLWIRE_FD_STATUS = 6,
};
/* Exit code that a plug-in process without a reporter's ear ends with when
 * memory runs out (see the cell's README). */
enum { CELLWIRE_EXIT_MEMORY = 79 };

/* Sets *word to `value` and wakes the other side if *peer_waiting says that it
 * sleeps. All that was written before is visible to who sees the value. */
void cellwire_post(uint32_t *word, uint32_t value, const uint32_t *peer_waiting);

/* Waits until *word differs from `old`: first `spins` rounds of busy waiting,
 * then asleep, with *own_waiting set. Returns the value seen, which is `old`
 * when `timeout_nanoseconds` are over or somebody woke the word without changing
 * it. UINT64_MAX: no timeout. */
uint32_t cellwire_wait(
    const uint32_t *word, uint32_t old, uint32_t *own_waiting, uint32_t spins,
    uint64_t timeout_nanoseconds);

/* Wakes whoever sleeps on the word without changing it. */
void cellwire_wake(const uint32_t *word);

/* Rounds of busy waiting worth their while: 0 on a machine with one processor. */
uint32_t cellwire_spins(void);
#endif
