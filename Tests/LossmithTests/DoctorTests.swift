import Foundation
import Losses
import Testing

@Suite struct DoctorTests {
  struct Entry: Decodable {
    struct Products: Decodable {
      var core: String
      var instructionSet: String
      var openblasGigaflops: Double
      var panelGigaflops: Double
    }
    var name: String
    var isGood: Bool
    var remedy: String?
    var products: Products?
  }

  private func products(_ environment: [String: String]) async throws -> Entry {
    let result = try await Program.run(["doctor", "--json"], environment: environment)
    let entries = try JSON.decode([Entry].self, from: Data(result.output.utf8))
    return try #require(entries.first { $0.name == "products" }, "\(result.errors)")
  }

  @Test("doctor measures products and warns of kernels that are slower than the processor allows")
  func products() async throws {
    let usual = try await products([:])
    let speed = try #require(usual.products)
    #expect(usual.isGood && usual.remedy == nil)
    #expect(speed.openblasGigaflops > 0 && speed.panelGigaflops > 0)
    #expect(["avx512", "avx2", "plain"].contains(speed.instructionSet))
    // Without AVX2 there are no better kernels to speak of.
    guard speed.instructionSet != "plain" else { return }
    let slow = try await products(["OPENBLAS_CORETYPE": "Prescott"])
    #expect(slow.isGood && slow.products?.core == "Prescott")
    #expect(slow.remedy?.contains("unset OPENBLAS_CORETYPE") == true, "\(slow.remedy ?? "")")
  }
}
