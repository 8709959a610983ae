import Foundation
import Losses
import Testing

@testable import Report

@Suite("Learning curves")
struct CurveTests {
  /// Seeds whose values are known in closed form.
  static func curves(seeds: Int = 3, steps: Int = 16) -> [RunModel.Curve] {
    (0..<seeds).map { seed in
      let step = (0..<steps).map { 1 + 4 * $0 }
      func series(_ value: (Double) -> Double) -> [Double] {
        step.map { value(Double($0)) * (1 + 0.1 * Double(seed)) }
      }
      var curve = RunModel.Curve(
        seed: UInt64(seed), step: step,
        values: [
          .loss: series { 0.69 / $0 }, .chosen: series { 0.1 * $0 },
          .rejected: series { -0.3 * $0 },
          .margin: series { 0.4 * $0 }, .accuracy: series { 1 - 0.5 / $0 },
          .gradientNorm: series { exp(-0.05 * $0) },
        ])
      curve.estimateKL()
      return curve
    }
  }

  static func candidate(_ curves: [RunModel.Curve]) -> RunModel.Candidate {
    var candidate = SampleRun.candidate(4, generation: 2, name: "winner", mean: 0.668)
    candidate.curves = curves
    candidate.curveTask = "reviews"
    return candidate
  }

  /// The points of a path.
  static func points(_ path: DrawingReader.Element) -> [(x: Double, y: Double)] {
    (path.attributes["d"] ?? "").split { "MLZ".contains($0) }.compactMap { pair in
      let numbers = pair.split(separator: " ").compactMap { Double($0) }
      return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
  }

  @Test(
    "the mean lies where the seeds' mean is and the band reaches from the smallest to the largest")
  func numbers() throws {
    let curves = Self.curves()
    let drawing = try DrawingReader(
      try #require(RunReport.curvesSVG(Self.candidate(curves))))
    // Of rewards 0.1 s and −0.3 s the estimate of KL is 0.1 s.
    #expect(abs(try #require(curves[0].values[.kl])[1] - 0.5) < 1e-12)
    for quantity in RunModel.Quantity.allCases {
      func own(_ name: String) -> [DrawingReader.Element] {
        drawing.all(name).filter { $0.inherited["data-quantity"] == quantity.rawValue }
      }
      let ticks = own("line").filter { $0.attributes["data-tick"] != nil }
      let axis = try #require(AxisReading(ticks, coordinate: "y1"))
      // A hundredth of a pixel in the units of the axis.
      let tolerance = abs(axis.value(at: 0.006) - axis.value(at: 0)) + 1e-12
      let mean = Self.points(try #require(own("path").first { $0.attributes["class"] == "mean" }))
      let band = Self.points(try #require(own("path").first { $0.attributes["class"] == "band" }))
      #expect(mean.count == 16 && band.count == 32)
      let scale = mean[15].x - mean[0].x
      for (place, step) in curves[0].step.enumerated() {
        let values = try curves.map { try #require($0.values[quantity])[place] }
        let centre = values.reduce(0, +) / 3
        #expect(abs(axis.value(at: mean[place].y) - centre) < tolerance, "\(quantity)")
        let ends = [axis.value(at: band[place].y), axis.value(at: band[31 - place].y)]
        #expect(abs(ends[0] - (values.max() ?? .nan)) < tolerance, "\(quantity)")
        #expect(abs(ends[1] - (values.min() ?? .nan)) < tolerance, "\(quantity)")
        let across = (mean[place].x - mean[0].x) / scale
        #expect(abs(across - Double(step - 1) / 60) < 1e-4, "\(quantity)")
      }
    }
  }

  @Test("a step that is not finite in one seed, or that a seed lacks, is left out")
  func gaps() throws {
    var curves = Self.curves()
    curves[1].values[.loss]?[3] = .nan
    curves[2].values[.loss]?[5] = .infinity
    curves[0].step.removeLast()
    let drawing = try DrawingReader(try #require(RunReport.curvesSVG(Self.candidate(curves))))
    let steps = try #require(
      drawing.all("g", with: "data-quantity").first { $0.attributes["data-quantity"] == "loss" })
    #expect(
      steps.attributes["data-steps"] == "1 5 9 17 25 29 33 37 41 45 49 53 57")
    let margin = drawing.all("g", with: "data-quantity").filter {
      $0.attributes["data-quantity"] == "margin"
    }
    #expect(margin.first?.attributes["data-steps"]?.split(separator: " ").count == 15)
  }

  @Test("the page has the curves in the candidate's details and says of which task they are")
  func page() throws {
    var model = SampleRun.model
    let plain = try PageTests.html(model)
    #expect(!plain.contains("Learning curves of"))
    model.candidates[3] = Self.candidate(Self.curves())
    let page = try PageTests.html(model)
    #expect(page.components(separatedBy: "<title>Learning curves of winner</title>").count == 2)
    #expect(page.contains("Both rewards fall: is that wrong?"))
    let details = try #require(page.range(of: "<details id=\"c4\""))
    let end = try #require(
      page.range(of: "</details>", range: details.upperBound..<page.endIndex))
    let card = page[details.lowerBound..<end.lowerBound]
    #expect(card.contains("data-quantity=\"gradient_norm\""))
    #expect(card.contains("Training on reviews: the line is the mean over 3 seeds"))
  }

  @Test("nothing is drawn for a training without steps, and one seed is drawn as it is")
  func degenerate() throws {
    #expect(RunReport.curvesSVG(Self.candidate([])) == nil)
    #expect(RunReport.curvesSVG(Self.candidate(Self.curves(steps: 1))) == nil)
    #expect(RunReport.curvesSVG(Self.candidate([.init(seed: 0, step: [], values: [:])])) == nil)
    var flat = Self.curves(seeds: 1)
    flat[0].values = [.loss: [Double](repeating: 0.5, count: 16)]
    let drawing = try DrawingReader(try #require(RunReport.curvesSVG(Self.candidate(flat))))
    #expect(drawing.all("g", with: "data-quantity").count == 1)
  }
}

@Suite("Candidates that the cheap stage stopped")
struct StoppedTests {
  static var model: RunModel {
    var model = SampleRun.model
    model.cheapStage = "bandit"
    model.baselines[0].cheapEta = SampleRun.eta(0.7)
    model.candidates[3].cheapEta = SampleRun.eta(0.71)
    var stopped = SampleRun.candidate(7, generation: 5, name: "idle")
    stopped.stoppedAt = "bandit"
    stopped.cheapEta = SampleRun.eta(0.4089, se: 0)
    stopped.message = "It taught nothing."
    model.candidates.append(stopped)
    return model
  }

  @Test("stand in a table of their own, not among the failures, with their η on the stage")
  func page() throws {
    let page = try PageTests.html(Self.model)
    #expect(page.contains("Stopped at the cheap stage") && page.contains("It taught nothing."))
    #expect(page.contains("stopped at bandit · bandit η 0.4089 ± 0.0000"))
    #expect(page.contains("3 proposals without η"))
    #expect(page.contains("7, 3 measured, 1 stopped"))
    #expect(page.contains("<th scope=\"col\" class=\"number\">bandit η</th>"))
    #expect(!page.contains("{{"))
    // The control: without a stage there is neither table nor column.
    let plain = try PageTests.html(SampleRun.model)
    #expect(!plain.contains("bandit η") && !plain.contains("cheap stage"))
  }

  @Test("are told apart by what stopped them, each reason with its count")
  func reasons() throws {
    var model = Self.model
    #expect(
      try PageTests.html(model).contains("1 proposal learned nothing on bandit that its seeds"))
    var outranked = try #require(model.candidates.last)
    (outranked.index, outranked.name, outranked.isOutranked) = (8, "third", true)
    model.candidates.append(outranked)
    let both = try PageTests.html(model)
    #expect(both.contains("1 proposal learned nothing on bandit that its seeds could show; "))
    #expect(both.contains("; 1 other learned there, but was not among the best, which alone go"))
    model.candidates.removeAll { $0.name == "idle" }
    let alone = try PageTests.html(model)
    #expect(alone.contains("1 proposal learned on bandit, but was not among the best"))
    #expect(!alone.contains("learned nothing"))
  }

  @Test("have a mark of their own in the strip of the trajectory")
  func mark() throws {
    let drawing = try DrawingReader(RunReport.trajectorySVG(Self.model))
    let mark = try #require(
      drawing.all("g", with: "data-failure").first { $0.attributes["data-failure"] == "7" })
    #expect(mark.attributes["data-kind"] == "stopped")
    #expect(
      drawing.all("title").map(\.text).contains("idle: stopped at bandit\nIt taught nothing."))
  }

  @Test("are told in the headline when nothing got further")
  func headline() throws {
    var model = Self.model
    model.candidates.removeAll { $0.eta != nil }
    #expect(
      try PageTests.html(model).contains(
        "No candidate was measured: 1 proposal stopped at bandit, 3 failed."))
  }
}
