import Glibc

/// Texts of error numbers of the operating system.
enum Errno {
  /// The C library's sentence for a number, as `strerror` has it.
  static func text(_ number: Int32) -> String {
    String(cString: strerror(number))
  }
}
