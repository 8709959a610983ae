/* Defines plugin_run: loads the plug-in and serves calls until killed. */
#define _GNU_SOURCE
#include "cell.h"
#include "loss_abi.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct plugin {
  int32_t (*describe)(loss_descriptor *);
  void *kernel;
  kernelcall_plan *plan;
  uint32_t problem; /* an outcome other than CELLWIRE_RETURNED, or 0 */
  char text[CELLWIRE_TEXT_SIZE];
} plugin;

/* The line may still have its first number, or be at its later place already. */
static _Noreturn void give_up(const char *step, int error, int line) {
  cell_hello hello = {.error = error ? error : EIO};
  strncpy(hello.step, step, sizeof hello.step - 1);
  if (send(CELL_FD_LINE, &hello, sizeof hello, MSG_NOSIGNAL) < 0)
    send(line, &hello, sizeof hello, MSG_NOSIGNAL);
  _exit(70);
}

static void load(plugin *plugin) {
  void *handle = dlopen("/proc/self/fd/3", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *text = dlerror();
    plugin->problem = CELLWIRE_NOT_LOADED;
    strncpy(plugin->text, text ? text : "", sizeof plugin->text - 1);
  } else {
    plugin->describe = (int32_t(*)(loss_descriptor *))dlsym(handle, "loss_describe_v1");
    plugin->kernel = dlsym(handle, "loss_kernel_v1");
    if (!plugin->kernel) plugin->problem = CELLWIRE_NO_KERNEL;
    if (!plugin->describe) plugin->problem = CELLWIRE_NO_DESCRIBE;
  }
  close(CELLWIRE_FD_PLUGIN);
}

/* The host's arguments with places turned into pointers. Returns 0, or 1 when
 * one lies outside its region: a mistake of the host, who made them. */
static int resolve(
    const cell_regions *regions, uint32_t count, kernelcall_argument *arguments) {
  for (uint32_t i = 0; i < count; i++) {
    const cellwire_argument *given = &regions->request->arguments[i];
    uint64_t bits = given->bits;
    switch (given->kind) {
    case CELLWIRE_U32: arguments[i].kind = KERNELCALL_U32; break;
    case CELLWIRE_F64: arguments[i].kind = KERNELCALL_F64; break;
    case CELLWIRE_INPUT_OFFSET:
      if (bits >= regions->input_size) return 1;
      arguments[i].kind = KERNELCALL_POINTER;
      bits += (uint64_t)(uintptr_t)regions->request;
      break;
    case CELLWIRE_OUTPUT_OFFSET:
      if (bits >= regions->output_size) return 1;
      arguments[i].kind = KERNELCALL_POINTER;
      bits += (uint64_t)(uintptr_t)regions->reply;
      break;
    default: return 1;
    }
    arguments[i].bits = bits;
  }
  return 0;
}

static uint32_t serve(plugin *plugin, const cell_regions *regions, int32_t *status) {
  const cellwire_request *request = regions->request;
  if (plugin->problem) return plugin->problem;
  if (request->operation == CELLWIRE_DESCRIBE) {
    char *place = (char *)regions->reply + CELLWIRE_REPLY_SIZE;
    *status = plugin->describe((loss_descriptor *)place);
    return CELLWIRE_RETURNED;
  }
  kernelcall_argument arguments[CELLWIRE_MAX_ARGUMENTS] = {0};
  uint32_t count = request->argument_count;
  if (request->operation != CELLWIRE_CALL || count > CELLWIRE_MAX_ARGUMENTS ||
      resolve(regions, count, arguments) != 0 ||
      kernelcall_call(plugin->plan, plugin->kernel, arguments, count, status) != 0)
    return CELLWIRE_BAD_REQUEST;
  return CELLWIRE_RETURNED;
}

void plugin_run(
    const cell_settings *settings, const cell_regions *regions, pid_t reporter, int line) {
  static plugin plugin;
  const char *step = "memory";
  plugin.plan = kernelcall_create();
  uint32_t spins = cellwire_spins();
  cell_hello hello = {0};
  int error = plugin.plan ? jail_enter(settings, reporter, line, &hello, &step) : ENOMEM;
  if (error) give_up(step, error, line);
  error = jail_install_filter(settings->notify, &regions->request->sequence, &hello);
  if (error) give_up("system-call filter", error, line);

  memory_guard((int)hello.notifying);
  load(&plugin);
  /* What was not loaded never leaves that stage: the worker asks the reporter, not the reply, whether
   * the plug-in's code had the word before. */
  if (!plugin.problem) jail_loaded((int)hello.notifying, &regions->request->sequence);

  cellwire_reply *reply = regions->reply;
  for (uint32_t done = 0;;) {
    uint32_t sequence =
        cellwire_wait(&regions->request->sequence, done, &reply->waiting, spins, UINT64_MAX);
    if (sequence == done) continue;
    int32_t status = 0;
    uint32_t outcome = serve(&plugin, regions, &status);
    if (outcome == CELLWIRE_NOT_LOADED) memcpy(reply->text, plugin.text, sizeof plugin.text);
    reply->outcome = outcome;
    reply->status = status;
    done = sequence;
    cellwire_post(&reply->sequence, sequence, &regions->request->waiting);
  }
}
