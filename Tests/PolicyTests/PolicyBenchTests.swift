import Losses
import Testing

@testable import Policy

@Suite("Measurements of a policy's speed")
struct PolicyBenchTests {
  @Test("sampling is measured up to the end of the context and refused beyond it")
  func room() throws {
    let configuration = SmallTransformers.configuration()
    let parameters = SmallTransformers.sine(configuration)
    func rate(_ promptTokens: Int, _ newTokens: Int) throws -> Double {
      try TransformerBench.sampling(
        parameters, prompts: 2, promptTokens: promptTokens, newTokens: newTokens, threads: 1)
    }
    // The last token needs no place in the context of 20.
    #expect(try rate(18, 3) > 0)
    #expect(try rate(20, 1) > 0)
    for (promptTokens, newTokens) in [(18, 4), (20, 2), (21, 1), (500, 1)] {
      let error = #expect(throws: LossmithError.self) { try rate(promptTokens, newTokens) }
      #expect(error?.code == .usage && error?.message.contains("\(newTokens) tokens") == true)
    }
  }

  @Test("the speed of products has a number for both kernels and names them")
  func products() {
    let speed = ProductSpeed.measure(seconds: 0)
    #expect(speed.openblasGigaflops > 0 && speed.openblasGigaflops.isFinite)
    #expect(speed.panelGigaflops > 0 && speed.panelGigaflops.isFinite)
    #expect(speed.core == BLASEnvironment.current().core)
    #expect(speed.instructionSet == InstructionSet.current)
  }
}
