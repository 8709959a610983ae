/* Defines claunch_send, claunch_receive, claunch_memory_file, claunch_seal,
 * claunch_set_nonblocking, claunch_pipe, claunch_socket_pair. */
#define _GNU_SOURCE
#include "claunch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { MOST = 16 };

int64_t claunch_send(
    int32_t socket, const void *bytes, size_t count, const int32_t *descriptors,
    uint32_t descriptor_count) {
  if (descriptor_count > MOST) return -EINVAL;
  struct iovec vector = {(void *)bytes, count};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (descriptor_count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
  }
  for (;;) {
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != EINTR) return -errno;
  }
}

int64_t claunch_receive(
    int32_t socket, void *bytes, size_t capacity, int32_t *descriptors,
    uint32_t *descriptor_count, int32_t nonblocking) {
  uint32_t room = descriptor_count ? *descriptor_count : 0, filled = 0;
  struct iovec vector = {bytes, capacity};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))];
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control,
      .msg_controllen = sizeof control};
  ssize_t received;
  do {
    received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (nonblocking ? MSG_DONTWAIT : 0));
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      if (filled < room) {
        descriptors[filled++] = descriptor;
      } else {
        close(descriptor);
      }
    }
  }
  if (descriptor_count) *descriptor_count = filled;
  return received;
}

int32_t claunch_memory_file(const char *name, int32_t executable) {
  unsigned base = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int descriptor = memfd_create(name, base | (executable ? MFD_EXEC : MFD_NOEXEC_SEAL));
  /* Kernels before 6.3 know neither flag and behave as with MFD_EXEC. */
  if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create(name, base);
  return descriptor < 0 ? -errno : descriptor;
}

int32_t claunch_seal(int32_t descriptor, int32_t seals) {
  int flags = 0;
  if (seals & CLAUNCH_SEAL_SEAL) flags |= F_SEAL_SEAL;
  if (seals & CLAUNCH_SEAL_SHRINK) flags |= F_SEAL_SHRINK;
  if (seals & CLAUNCH_SEAL_GROW) flags |= F_SEAL_GROW;
  if (seals & CLAUNCH_SEAL_WRITE) flags |= F_SEAL_WRITE;
  if (seals & CLAUNCH_SEAL_FUTURE_WRITE) flags |= F_SEAL_FUTURE_WRITE;
  return fcntl(descriptor, F_ADD_SEALS, flags) == 0 ? 0 : errno;
}

int32_t claunch_set_nonblocking(int32_t descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return errno;
  return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

int32_t claunch_pipe(int32_t ends[2]) { return pipe2(ends, O_CLOEXEC); }

int32_t claunch_socket_pair(int32_t ends[2], int32_t packets) {
  return socketpair(AF_UNIX, (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, ends);
}
