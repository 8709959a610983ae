/// Names that are safe everywhere: in a path, a table, a page, a prompt.
///
/// What a model calls its loss is never used as it came: it may hold slashes, dots,
/// escape sequences or nothing at all.
public enum CandidateName {
  /// Longer names are cut.
  public static let maximumLength = 48

  /// The name in lower-case letters a-z, digits and single inner hyphens.
  ///
  /// Every other character becomes a hyphen; a text without any letter or digit gives `loss`.
  public static func slug(_ text: String) -> String {
    var slug = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": slug.unicodeScalars.append(scalar)
      case "A"..."Z": slug += String(scalar).lowercased()
      default: if !slug.hasSuffix("-") && !slug.isEmpty { slug += "-" }
      }
      if slug.utf8.count >= maximumLength { break }
    }
    while slug.hasSuffix("-") { slug.removeLast() }
    return slug.isEmpty ? "loss" : slug
  }

  /// The slug of a text, with `-2`, `-3` … when it is taken.
  public static func unique(_ text: String, among taken: Set<String>) -> String {
    let first = slug(text)
    guard taken.contains(first) else { return first }
    var number = 2
    while taken.contains("\(first)-\(number)") { number += 1 }
    return "\(first)-\(number)"
  }

  /// The folder of a candidate: its number comes first, so that folders sort in time.
  public static func folder(index: Int, name: String) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + slug(name)
  }
}
