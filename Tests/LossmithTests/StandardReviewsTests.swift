import Foundation
import Losses
import Testing

/// The embedded task as people run it, which fits a reference of 842,496 parameters.
@Suite(.serialized) struct StandardReviewsTests {
  @Test("on reviews the reference lies in 0.35-0.65, DPO above it and below 0.9, its reverse below")
  func ranges() async throws {
    #if DEBUG
      print("The standard reviews task is trained in optimised builds only: here it is not tested.")
    #else
      let result = try await Program.run([
        "evaluate", "dpo", Program.fixture("losses/flipped.swift"), "--task", "reviews", "--seeds",
        "1", "--json",
      ])
      try #require(result.status == 0, "\(result.errors)")
      let document = try JSON.decode(EvaluateTests.Document.self, from: Data(result.output.utf8))
      let reference = document.reference.eta.mean
      let (dpo, flipped) = (document.results[0], document.results[1])
      let eta = try #require(dpo.eta).mean
      #expect((0.35...0.65).contains(reference), "\(reference)")
      #expect(eta > reference + 0.05 && eta < 0.9, "\(eta)")
      #expect(try #require(flipped.eta).mean < reference - 0.05)
      #expect(try #require(dpo.kl) > 0)
    #endif
  }
}
