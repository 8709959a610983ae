import Losses
import Testing

@testable import Discovery

@Suite("Translation to PyTorch")
struct TorchWriterTests {
  private func lines(_ body: String, before: String = "") throws -> [String] {
    let source = """
      /// A loss.
      \(before)
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        \(body)
      }
      """
    return try TorchWriter.write(
      SwiftParser.statements(of: source), tunables: ["beta": "beta", "lambda": "lambda_"]
    ).lines
  }

  @Test(
    "Expressions keep their meaning under Python's rules",
    arguments: [
      ("softplus(-(tunables.beta * batch.margin))", "_softplus(-(beta * margin))"),
      ("batch.margin - (1 - 2 * batch.margin)", "margin - (1 - 2 * margin)"),
      ("-(-batch.margin)", "-(-margin)"),
      ("tunables.lambda * batch.margin / 2", "lambda_ * margin / 2"),
      ("1 - (batch.margin < 0)", "1 - (margin < 0).to(dtype)"),
      (
        "select(!(batch.margin > 1) & (batch.margin < 3), batch.margin, 0)",
        "torch.where(~(margin > 1) & (margin < 3), margin, 0)"
      ),
      (
        "select(batch.margin, 0.45, 0.9) * batch.margin",
        "torch.where(margin != 0, torch.full_like(policy_chosen, 0.45), 0.9) * margin"
      ),
      ("maximum(batch.margin, 1)", "torch.maximum(margin, torch.full_like(margin, 1))"),
      ("batch.margin * exp(tunables.beta)", "margin * math.exp(beta)"),
      ("(batch.margin - 1).mean() + batch.margin", "(margin - 1).mean() + margin"),
      ("tunables.beta > 1 ? batch.margin : -batch.margin", "margin if beta > 1 else -margin"),
      ("batch.margin * Double(batch.count)", "margin * float(policy_chosen.shape[0])"),
      ("square(batch.margin)[0..<2]", "torch.square(margin)[0:2]"),
    ])
  func expressions(_ swift: String, _ python: String) throws {
    #expect(try lines(swift) == ["return \(python)"])
  }

  @Test("Statements keep their order and their scopes")
  func statements() throws {
    #expect(
      try lines(
        """
        let margin = batch.margin
        let beta = 2 * tunables.beta
        var total = zeros(like: margin)
        for i in 0..<3 { total += Double(i) * margin }
        if beta > 1 { let margin = total; return margin } else if beta < 0 { total = -total }
        return total
          - margin
        """) == [
          "margin_ = margin", "beta_ = 2 * beta", "total = torch.zeros_like(margin_)",
          "for i in range(0, 3):", "    total = total + (float(i) * margin_)", "if beta_ > 1:",
          "    margin__ = total", "    return margin__", "else:", "    if beta_ < 0:",
          "        total = -total", "return total - margin_",
        ])
  }

  @Test("An author's own function comes before LossKit's, and may leave arguments out")
  func functions() throws {
    let own =
      "func sigmoid(_ x: Vector, scale: Double = 1, shift: Double = 0) -> Vector { scale * x }"
    #expect(
      try lines("sigmoid(batch.margin, shift: 2)", before: own) == [
        "def sigmoid(x, scale, shift):", "    return scale * x", "",
        "return sigmoid(margin, 1, 2)",
      ])
  }

  @Test(
    "What has no translation is refused with its line",
    arguments: [
      ("neuralSort(batch.margin)", "neuralSort"), ("batch.margin.map { $0 }", "{"),
      ("sum(batch.margin, mask: batch.margin)", "sum"),
      ("while true { }", "while"), ("if batch.margin > 0 { return batch.margin }", "condition"),
      ("nowhere * batch.margin", "nowhere"), ("batch.nothing", "nothing"),
      ("tunables.unknown * batch.margin", "unknown"), ("batch.margin }", "}"),
      ("switch 1 { }", "switch"), ("let x = [1, 2]", "list"),
    ])
  func refusals(_ swift: String, _ word: String) throws {
    let error = try #require(throws: LossmithError.self) { try lines(swift) }
    #expect(error.message.contains(word), "\(error.message)")
    #expect(error.location?.hasPrefix("line ") == true)
    // The control: the same file with another body.
    #expect(try !lines("batch.margin").isEmpty)
  }
}
