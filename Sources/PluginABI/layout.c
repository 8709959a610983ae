/* Pins the layout of ABI v1. A failure here means that shipped plug-ins would
 * break: append a field and raise the minor version instead. */
#include "loss_abi.h"

_Static_assert(sizeof(loss_arg) == 8, "loss_arg");
_Static_assert(offsetof(loss_arg, role) == 0, "loss_arg.role");
_Static_assert(offsetof(loss_arg, index) == 4, "loss_arg.index");
_Static_assert(sizeof(loss_param) == 64, "loss_param");
_Static_assert(offsetof(loss_param, name) == 0, "loss_param.name");
_Static_assert(offsetof(loss_param, minimum) == 32, "loss_param.minimum");
_Static_assert(offsetof(loss_param, maximum) == 40, "loss_param.maximum");
_Static_assert(offsetof(loss_param, initial) == 48, "loss_param.initial");
_Static_assert(offsetof(loss_param, flags) == 56, "loss_param.flags");
_Static_assert(offsetof(loss_param, reserved) == 60, "loss_param.reserved");
_Static_assert(sizeof(loss_descriptor) == 1728, "loss_descriptor");
_Static_assert(offsetof(loss_descriptor, magic) == 0, "magic");
_Static_assert(offsetof(loss_descriptor, abi_major) == 4, "abi_major");
_Static_assert(offsetof(loss_descriptor, abi_minor) == 8, "abi_minor");
_Static_assert(offsetof(loss_descriptor, struct_size) == 12, "struct_size");
_Static_assert(offsetof(loss_descriptor, family) == 16, "family");
_Static_assert(offsetof(loss_descriptor, capabilities) == 20, "capabilities");
_Static_assert(offsetof(loss_descriptor, arg_count) == 24, "arg_count");
_Static_assert(offsetof(loss_descriptor, param_count) == 28, "param_count");
_Static_assert(offsetof(loss_descriptor, name) == 32, "name");
_Static_assert(offsetof(loss_descriptor, summary) == 64, "summary");
_Static_assert(offsetof(loss_descriptor, args) == 320, "args");
_Static_assert(offsetof(loss_descriptor, params) == 704, "params");
