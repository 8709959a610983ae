/* Defines confine_landlock_version, confine_ruleset, confine_restrict, confine_worker_calls,
 * confine_capabilities, confine_child. */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of the system may be older than its kernel, so the few numbers of
 * Landlock's interface are here. */
enum {
  CREATE_RULESET = 444,
  ADD_RULE = 445,
  RESTRICT_SELF = 446,
  ASK_VERSION = 1,
  PATH_BENEATH = 1,
};
struct ruleset_attributes {
  uint64_t handled_fs, handled_net, scoped;
};
struct path_attributes {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

enum {
  FS_EXECUTE = 1 << 0,
  FS_WRITE_FILE = 1 << 1,
  FS_READ_FILE = 1 << 2,
  FS_READ_DIR = 1 << 3,
  FS_FIRST = (1 << 13) - 1, /* version 1: the above, remove and make */
  FS_REFER = 1 << 13,       /* 2 */
  FS_TRUNCATE = 1 << 14,    /* 3 */
  FS_IOCTL_DEV = 1 << 15,   /* 5 */
  NET_TCP = 3,              /* 4: bind and connect */
  SCOPE_ALL = 3,            /* 6: abstract sockets and signals */
  FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
};

int32_t confine_landlock_version(void) {
  long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
  return version < 0 ? 0 : (int32_t)version;
}

static uint64_t handled_by(int32_t version) {
  uint64_t rights = FS_FIRST;
  if (version >= 2) rights |= FS_REFER;
  if (version >= 3) rights |= FS_TRUNCATE;
  if (version >= 5) rights |= FS_IOCTL_DEV;
  return rights;
}

static uint64_t rights_of(uint32_t access) {
  uint64_t rights = 0;
  if (access & CONFINE_READ) rights |= FS_READ_FILE | FS_READ_DIR;
  if (access & CONFINE_EXECUTE) rights |= FS_EXECUTE;
  /* All of version 1 but reading and executing, and what came later, but device controls. */
  if (access & CONFINE_WRITE)
    rights |= (FS_FIRST & ~(FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)) | FS_REFER | FS_TRUNCATE;
  return rights;
}

static int32_t add(int ruleset, const confine_rule *rule, uint64_t handled) {
  int place = open(rule->path, O_PATH | O_CLOEXEC);
  if (place < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
  struct stat status;
  int32_t error = fstat(place, &status) == 0 ? 0 : errno;
  struct path_attributes attributes = {
      .allowed = rights_of(rule->access) & handled, .parent = place};
  /* The kernel refuses rights of folders for a file. */
  if (!error && !S_ISDIR(status.st_mode)) attributes.allowed &= FS_OF_FILES;
  if (!error && syscall(ADD_RULE, ruleset, PATH_BENEATH, &attributes, 0) != 0) error = errno;
  close(place);
  return error;
}

int32_t confine_ruleset(const confine_rule *rules, uint32_t count) {
  int32_t version = confine_landlock_version();
  if (version == 0) return -ENOSYS;
  struct ruleset_attributes attributes = {.handled_fs = handled_by(version)};
  size_t size = sizeof(uint64_t);
  if (version >= 4) {
    attributes.handled_net = NET_TCP;
    size = 2 * sizeof(uint64_t);
  }
  if (version >= 6) {
    attributes.scoped = SCOPE_ALL;
    size = 3 * sizeof(uint64_t);
  }
  int ruleset = (int)syscall(CREATE_RULESET, &attributes, size, 0);
  if (ruleset < 0) return -errno;
  for (uint32_t i = 0; i < count; i++) {
    int32_t error = add(ruleset, &rules[i], attributes.handled_fs);
    if (error) {
      close(ruleset);
      return -error;
    }
  }
  return ruleset;
}

int32_t confine_restrict(int32_t ruleset) {
  return syscall(RESTRICT_SELF, ruleset, 0) == 0 ? 0 : errno;
}

#if defined(__x86_64__)
enum { ARCHITECTURE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCHITECTURE = AUDIT_ARCH_AARCH64 };
#else
#error "no filter is written for this processor"
#endif

static const uint32_t denied[] = {
    SYS_socket,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_personality,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_open_by_handle_at,
    425, /* io_uring_setup */
    426, /* io_uring_enter */
    427, /* io_uring_register */
    428, /* open_tree */
    429, /* move_mount */
    430, /* fsopen */
    438, /* pidfd_getfd */
    442, /* mount_setattr */
};

/* Four instructions of prologue (six where x32 exists), two for each call, one at the end. */
int32_t confine_worker_calls(void) {
  enum { COUNT = sizeof denied / sizeof *denied };
  struct sock_filter program[7 + 2 * COUNT];
  unsigned short length = 0;
  const uint32_t deny = SECCOMP_RET_ERRNO | EPERM;
#define EMIT(...) program[length++] = (struct sock_filter)__VA_ARGS__
  EMIT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
  EMIT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  EMIT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  EMIT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
#if defined(__x86_64__)
  EMIT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40000000u, 0, 1)); /* x32 */
  EMIT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
#endif
  for (uint32_t i = 0; i < COUNT; i++) {
    EMIT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1));
    EMIT(BPF_STMT(BPF_RET | BPF_K, deny));
  }
  EMIT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
#undef EMIT
  struct sock_fprog filter = {.len = length, .filter = program};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : errno;
}

int32_t confine_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

int32_t confine_child(int32_t ruleset) {
  int32_t error = confine_capabilities();
  if (!error && ruleset >= 0) error = confine_restrict(ruleset);
  return error ? error : confine_worker_calls();
}
