import Foundation

/// What lies below errors of Foundation: the system's number, and words a person can use.
public enum SystemFault {
  /// The system's error number below an error; nil where there is none.
  public static func number(of error: any Error) -> Int32? {
    if type(of: error) is NSError.Type {
      let plain = error as NSError
      if plain.domain == NSPOSIXErrorDomain { return Int32(truncatingIfNeeded: plain.code) }
      if let inner = plain.userInfo[NSUnderlyingErrorKey] as? any Error {
        return number(of: inner)
      }
    }
    if let error = error as? POSIXError { return error.code.rawValue }
    if let error = error as? CocoaError {
      if let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error {
        return number(of: inner)
      }
      return number(of: error.code)
    }
    return nil
  }

  /// An error in short words: the system's sentence for its number, what a decoder missed, else the
  /// error's own text. Never a dump of Foundation's domains and dictionaries.
  public static func words(of error: any Error) -> String {
    if error is DecodingError { return JSON.explain(error) }
    if let number = number(of: error) { return String(cString: strerror(number)) }
    guard error is CocoaError || error is POSIXError || type(of: error) is NSError.Type else {
      return "\(error)"
    }
    let text = error.localizedDescription
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private static func number(of code: CocoaError.Code) -> Int32? {
    switch code {
    case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
    case .fileReadNoPermission, .fileWriteNoPermission: EACCES
    case .fileWriteFileExists: EEXIST
    case .fileWriteVolumeReadOnly: EROFS
    case .fileReadInvalidFileName, .fileWriteInvalidFileName: ENAMETOOLONG
    case .fileWriteOutOfSpace: ENOSPC
    case .fileReadTooLarge: EFBIG
    default: nil
    }
  }
}
