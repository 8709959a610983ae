import CLaunch

/// Two names of one file system that change what they stand for, in one step.
public enum PathExchange {
  /// Exchanges two files or folders (`renameat2` with `RENAME_EXCHANGE`): at every moment, also when the
  /// process is killed, each name stands for the one or the other, whole.
  ///
  /// - Returns: 0, or an errno; then nothing has changed. `EINVAL`, `ENOSYS`, `EOPNOTSUPP` or `EPERM` is what
  ///   a file system, a kernel or a container says that does not know the call.
  public static func exchange(_ first: String, _ second: String) -> Int32 {
    claunch_exchange(first, second)
  }
}
