/* loss_abi.h: the C ABI of a loss plug-in, version 1.0.
 *
 * A plug-in is a shared library that exports two C functions, loss_describe_v1
 * and loss_kernel_v1. The first fills a loss_descriptor; the second has the C
 * signature which that descriptor declares. Any language that makes C symbols
 * can write one. docs/abi.md explains every rule and keeps the changelog.
 *
 * The ABI is append-only within a major version: a shipped field, constant or
 * rule never changes; new fields go to the end and raise LOSS_ABI_MINOR. */
#ifndef LOSS_ABI_H
#define LOSS_ABI_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LOSS_ABI_MAGIC 0x53534F4Cu /* the bytes "LOSS" in little-endian order */
#define LOSS_ABI_MAJOR 1u /* layout or meaning changed: the host refuses to load */
#define LOSS_ABI_MINOR 0u /* fields appended: trust only what struct_size covers, never less than 1.0 */

/* Fixed-width typedefs beside anonymous enums: the size of a C enum is not
 * part of an ABI. */

typedef uint32_t loss_family; /* what one row of a batch is */
enum {
  LOSS_PAIRWISE = 1,       /* a chosen and a rejected completion of one prompt */
  LOSS_CLASSIFICATION = 2, /* logits over C classes and one label */
  LOSS_LISTWISE = 3,       /* K scored completions of one prompt, with a mask */
};

typedef uint32_t loss_role; /* what one C parameter of the kernel means */
enum {
  LOSS_ROWS = 1,       /* uint32_t, by value: rows of the batch, B */
  LOSS_CLASSES = 2,    /* uint32_t, by value: classes, C (classification) */
  LOSS_GROUP_SIZE = 3, /* uint32_t, by value: completions a row, K (listwise) */
  LOSS_INPUT = 4,      /* const double * (labels: const int32_t *): column `index` */
  LOSS_PARAM = 5,      /* double, by value: the tunable params[index] */
  LOSS_VALUE = 6,      /* double *: [B], the loss of each row */
  LOSS_GRADIENT = 7,   /* double *: d(sum over rows of the value)/d(column `index`), shaped like that column */
};

/* Columns. An id is never reused; "sum" is over the completion's tokens. */
typedef uint32_t loss_column;
enum {
  /* pairwise, [B] */
  LOSS_POLICY_CHOSEN = 1,      /* sum of the policy's token log-probabilities, chosen */
  LOSS_POLICY_REJECTED = 2,    /* the same, rejected */
  LOSS_REFERENCE_CHOSEN = 3,   /* sum of the reference's token log-probabilities, chosen */
  LOSS_REFERENCE_REJECTED = 4, /* the same, rejected */
  /* pairwise, [B], optional: the host refuses a loss whose data lack them */
  LOSS_CHOSEN_TOKENS = 16,   /* completion tokens, chosen (>= 1) */
  LOSS_REJECTED_TOKENS = 17, /* completion tokens, rejected (>= 1) */
  LOSS_CHOSEN_SCORE = 18,    /* quality score of the chosen completion */
  LOSS_REJECTED_SCORE = 19,  /* quality score of the rejected completion */
  LOSS_SCORE_MARGIN = 20,    /* how much better the chosen completion was judged */
  LOSS_WEIGHT = 21,          /* weight of the row (>= 0) */
  /* classification */
  LOSS_LOGITS = 32, /* [B, C], row-major */
  LOSS_LABELS = 33, /* int32_t [B], 0 <= label < C */
  /* listwise, [B, K], row-major */
  LOSS_LIST_POLICY = 48,    /* sums of the policy's token log-probabilities */
  LOSS_LIST_REFERENCE = 49, /* sums of the reference's token log-probabilities */
  LOSS_LIST_SCORES = 50,    /* quality scores */
  LOSS_LIST_MASK = 51,      /* 1 = present, 0 = padding */
};

/* Capabilities: claims that the host tests and never trusts. */
enum {
  LOSS_ROW_INDEPENDENT = 1u << 0, /* row i of the value depends on row i of the inputs only */
  LOSS_SHIFT_INVARIANT = 1u << 1, /* adding c to policy and reference of one completion (or to all logits of a row) changes nothing */
  LOSS_CONVEX = 1u << 2,          /* convex in the margin (the label's logit; the best completion's lead) */
  LOSS_REFERENCE_FREE = 1u << 3,  /* lists no reference column */
};

enum { LOSS_PARAM_LOG_SCALE = 1u << 0, LOSS_PARAM_INTEGER = 1u << 1 };

enum {
  LOSS_MAX_ARGS = 48,
  LOSS_MAX_PARAMS = 16,
  LOSS_NAME_SIZE = 32,
  LOSS_TEXT_SIZE = 256,
};

/* Statuses. A kernel returns LOSS_OK, or one of the others, or any positive
 * number of its own; the text comes from the host's table. A status may carry
 * the line of the author's source that caused it: LOSS_STATUS(code, line). */
enum {
  LOSS_OK = 0,
  LOSS_STATUS_SHAPE = 1,       /* lengths of two vectors do not fit */
  LOSS_STATUS_RESULT = 2,      /* the result does not have one value for each row */
  LOSS_STATUS_ARGUMENT = 3,    /* an argument is outside a function's domain of use */
  LOSS_STATUS_TUNABLE = 4,     /* a tunable is read that was not declared */
  LOSS_STATUS_MEMORY = 5,      /* more memory than a plug-in may use */
  LOSS_STATUS_UNSUPPORTED = 6, /* the plug-in cannot serve this batch */
};
#define LOSS_STATUS(code, line) ((int32_t)(((uint32_t)(code) & 0xffu) | (((uint32_t)(line) & 0x7fffffu) << 8)))

typedef struct loss_arg {
  loss_role role;
  uint32_t index; /* LOSS_INPUT, LOSS_GRADIENT: a loss_column; LOSS_PARAM: index into params; else 0 */
} loss_arg;

typedef struct loss_param {
  char name[LOSS_NAME_SIZE];        /* [a-z][a-z0-9_]*, NUL-terminated, unique */
  double minimum, maximum, initial; /* finite, minimum <= initial <= maximum */
  uint32_t flags;                   /* LOSS_PARAM_…, no other bit */
  uint32_t reserved; /* zero */
} loss_param;

/* No pointers: the descriptor crosses a process boundary byte for byte. */
typedef struct loss_descriptor {
  uint32_t magic, abi_major, abi_minor, struct_size; /* frozen for ever */
  loss_family family;
  uint32_t capabilities, arg_count, param_count;
  char name[LOSS_NAME_SIZE];    /* printable ASCII, NUL-terminated, not empty */
  char summary[LOSS_TEXT_SIZE]; /* visible UTF-8, NUL-terminated, may be empty */
  loss_arg args[LOSS_MAX_ARGS]; /* the kernel's C signature, in order */
  loss_param params[LOSS_MAX_PARAMS];
} loss_descriptor;

/* Exported by the plug-in. The host zeroes *out and sets out->struct_size to
 * the bytes it has room for, at least those of version 1.0. The plug-in writes no
 * more than that, sets struct_size to what it filled (all of 1.0 at least), and
 * returns LOSS_OK or a positive status. */
int32_t loss_describe_v1(loss_descriptor *out);

/* Exported by the plug-in under the name loss_kernel_v1:
 *   int32_t loss_kernel_v1(<one C parameter for each of args[0..<arg_count]>);
 * Pure and single-threaded; nothing that a call leaves in memory has an effect on
 * a later one; writes every element of every output. The buffers belong to the host, do not overlap, and live
 * until the call returns. */

#ifdef __cplusplus
}
#endif
#endif
