import Foundation

/// A tab of a browser.
final class BrowserPage {
  let browser: Browser
  private let session: String

  /// Opens an address and waits until the page is loaded.
  init(_ address: String, in browser: Browser) throws {
    self.browser = browser
    let target = try browser.send("Target.createTarget", ["url": "about:blank"])
    let attached = try browser.send(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
    session = attached["sessionId"] as? String ?? ""
    for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
      try send("\(domain).enable")
    }
    try go(to: address)
  }

  func go(to address: String) throws {
    try send("Page.navigate", ["url": address])
    try browser.wait(for: "loading \(address)") {
      try evaluate("document.readyState") as? String == "complete"
        && evaluate("location.href.split('#')[0]") as? String != "about:blank"
    }
  }

  @discardableResult
  func send(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    try browser.send(method, parameters, session: session)
  }

  /// The value of an expression; nil for undefined and null.
  @discardableResult
  func evaluate(_ expression: String) throws -> Any? {
    let answer = try send(
      "Runtime.evaluate",
      ["expression": expression, "returnByValue": true, "awaitPromise": true])
    if let trouble = answer["exceptionDetails"] {
      throw Browser.Failure(description: "\(expression): \(trouble)")
    }
    let value = (answer["result"] as? [String: Any])?["value"]
    return value is NSNull ? nil : value
  }

  func text(_ selector: String) throws -> String {
    try evaluate("document.querySelector(`\(selector)`)?.textContent ?? ''") as? String ?? ""
  }

  func texts(_ selector: String) throws -> [String] {
    try evaluate("[...document.querySelectorAll(`\(selector)`)].map(e => e.textContent)")
      as? [String] ?? []
  }

  func count(_ selector: String) throws -> Int {
    try evaluate("document.querySelectorAll(`\(selector)`).length") as? Int ?? -1
  }

  /// Waits until an expression is true.
  func wait(until expression: String, seconds: Double = 300) throws {
    try browser.wait(for: expression, seconds: seconds) {
      try evaluate("Boolean(\(expression))") as? Bool == true
    }
  }

  func press(_ key: String, code: Int) throws {
    for type in ["rawKeyDown", "keyUp"] {
      try send(
        "Input.dispatchKeyEvent",
        ["type": type, "key": key, "code": key, "windowsVirtualKeyCode": code])
    }
  }

  /// What the console, the log and uncaught exceptions said.
  var complaints: [String] {
    browser.events.compactMap { event in
      guard event["sessionId"] as? String == session, let method = event["method"] as? String
      else { return nil }
      let parameters = event["params"] as? [String: Any] ?? [:]
      switch method {
      case "Runtime.exceptionThrown": return "\(parameters)"
      case "Runtime.consoleAPICalled":
        return ["error", "warning", "assert"].contains(parameters["type"] as? String)
          ? "\(parameters)" : nil
      case "Log.entryAdded":
        let entry = parameters["entry"] as? [String: Any] ?? [:]
        return ["error", "warning"].contains(entry["level"] as? String) ? "\(entry)" : nil
      default: return nil
      }
    }
  }

  /// Addresses that the page asked the network for.
  var requests: [String] {
    browser.events.compactMap { event in
      guard event["sessionId"] as? String == session,
        event["method"] as? String == "Network.requestWillBeSent",
        let parameters = event["params"] as? [String: Any],
        let request = parameters["request"] as? [String: Any]
      else { return nil }
      return request["url"] as? String
    }
  }

  /// Roles and names as a screen reader is told them.
  func accessibleNodes() throws -> [(role: String, name: String)] {
    let tree = try send("Accessibility.getFullAXTree")["nodes"] as? [[String: Any]] ?? []
    return tree.compactMap { node in
      guard node["ignored"] as? Bool != true,
        let role = (node["role"] as? [String: Any])?["value"] as? String
      else { return nil }
      return (role, (node["name"] as? [String: Any])?["value"] as? String ?? "")
    }
  }

  /// A picture of what is on the screen, PNG.
  func screenshot(width: Int, height: Int, dark: Bool = false) throws -> Data {
    try send(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    try send(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
    let answer = try send("Page.captureScreenshot", ["format": "png"])
    return Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
  }
}
