import Foundation

/// Where file systems are mounted, other folders of the same one too.
enum MountPoints {
  static func contain(_ path: String) -> Bool {
    guard let data = FileManager.default.contents(atPath: "/proc/self/mountinfo") else {
      return false
    }
    return places(in: String(decoding: data, as: UTF8.self)).contains(path)
  }

  /// The fifth field of each line; spaces and the like are written in octal digits (proc(5)).
  static func places(in text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ")
        guard fields.count > 4 else { return nil }
        return plain(fields[4])
      })
  }

  private static func plain(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(digits, radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
