/* noruntime.c: keeps the Swift runtime out of a program that has no Swift in it.
 *
 * SwiftPM links every executable as if it were Swift: with swiftrt.o, which
 * announces the program to the runtime, and with libswiftCore. The runtime would
 * cost the cell ten milliseconds and 20 MB, install signal handlers that hide a
 * plug-in's crash, and be one more thing within a plug-in's reach.
 *
 * So what swiftrt.o asks for is here and does nothing, and libswiftCore, which
 * nobody then needs, is dropped by the linker: the section below is where the
 * Swift driver looks for flags of an object file. */

static const char autolink[] __attribute__((used, section(".swift1_autolink_entries"))) =
    "-Wl,--as-needed";

__attribute__((visibility("hidden"))) void swift_addNewDSOImage(const void *image) { (void)image; }

__attribute__((visibility("hidden"))) int _swift_backtrace_isThunkFunction(const char *name) {
  (void)name;
  return 0;
}
