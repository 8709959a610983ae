// All kernels, for the instruction set that the including file has chosen with CK_LANES, NAME and a
// target attribute.

#include "ckernels.h"

#include "vectors.h"

#include "rows.h"

#include "activations.h"

#include "llama.h"

#include "tiles.h"

#include "attention.h"

#include "vocabulary.h"

#include "panels.h"

#include "optimiser.h"

#include "doubles.h"

static const ck_kernels NAME(table) = {
    .fill_rows = NAME(fill_rows),
    .add_row = NAME(add_row),
    .add = NAME(add),
    .add_column_sums = NAME(add_column_sums),
    .layer_norm = NAME(layer_norm),
    .layer_norm_backward = NAME(layer_norm_backward),
    .rms_norm = NAME(rms_norm),
    .rms_norm_backward = NAME(rms_norm_backward),
    .rotate = NAME(rotate),
    .gelu_tanh = NAME(gelu_tanh),
    .gelu_tanh_backward = NAME(gelu_tanh_backward),
    .gelu = NAME(gelu),
    .gelu_backward = NAME(gelu_backward),
    .swiglu = NAME(swiglu),
    .swiglu_backward = NAME(swiglu_backward),
    .attend = NAME(attend),
    .attend_backward = NAME(attend_backward),
    .attend_one = NAME(attend_one),
    .panel_multiply = NAME(panel_multiply),
    .add_outer_products = NAME(add_outer_products),
    .log_sum_exp = NAME(log_sum_exp),
    .cross_entropy_backward = NAME(cross_entropy_backward),
    .divergences = NAME(divergences),
    .exponentials = NAME(exponentials),
    .maximum = NAME(maximum),
    .sum_of_squares = NAME(sum_of_squares),
    .adamw = NAME(adamw),
    .multiply_rows = NAME(multiply_rows),
};
