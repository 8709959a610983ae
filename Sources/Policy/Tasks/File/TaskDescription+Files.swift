import Foundation

extension TaskDescription {
  /// The files and folders that the task names, absolute.
  public var files: [URL] {
    TaskSchema.keys(of: kind).filter { $0.form == .path }.compactMap { url($0.name) }
  }
}
