import Foundation
import Losses
import Testing

@testable import Host

@Suite("Fingerprints of gradients")
struct GradientFingerprintTests {
  /// Of a loss with this slope in x = β · margin.
  static func fingerprint(_ slope: @escaping @Sendable (Double) -> Double) throws
    -> GradientFingerprint
  {
    let loss = ClosureLoss(rowwise({ _, _ in 0 }, slope: { $1 * slope($1 * $0) }))
    return try GradientFingerprint(of: loss, overrides: ["beta": 0.1])
  }

  static func logistic(_ x: Double) -> Double { -1 / (1 + exp(x)) }

  @Test("the same gradient in other words is equal; a factor is found; a reversal is different")
  func likeness() throws {
    let plain = try Self.fingerprint(Self.logistic)
    let other = try Self.fingerprint { 0.5 * (tanh($0 / 2) - 1) }
    #expect(plain.likeness(to: other) == .equal)
    let double = try Self.fingerprint { 2 * Self.logistic($0) }
    guard case .scaled(let factor) = double.likeness(to: plain) else {
      Issue.record("no factor was found")
      return
    }
    #expect(abs(factor - 2) < 1e-9)
    #expect(try Self.fingerprint { -Self.logistic($0) }.likeness(to: plain) == .different)
    #expect(try Self.fingerprint { Self.logistic(2 * $0) }.likeness(to: plain) == .different)
  }

  @Test("a difference far from the start counts, one of rounding does not, NaN equals nothing")
  func tolerance() throws {
    let plain = try Self.fingerprint(Self.logistic)
    let clipped = try Self.fingerprint { $0 < -20 ? -0.5 : Self.logistic($0) }
    #expect(clipped.likeness(to: plain) == .different)
    let rounded = try Self.fingerprint { Self.logistic($0) * (1 + 1e-12) }
    #expect(rounded.likeness(to: plain) == .equal)
    // Small, and no factor either.
    let bent = try Self.fingerprint { Self.logistic($0) * (1 + 1e-7 * tanh($0)) }
    #expect(bent.likeness(to: plain) == .different)
    let wrong = try Self.fingerprint { $0 == 0 ? .nan : Self.logistic($0) }
    #expect(wrong.likeness(to: wrong) == .different)
    let constant = try Self.fingerprint { _ in 0 }
    #expect(constant.likeness(to: constant) == .equal)
    #expect(constant.likeness(to: plain) == .different)
  }
}
