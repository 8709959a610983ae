import ArgumentParser
import Discovery
import Foundation
import Losses

/// Flags of `discover` that decide how losses are compared (docs/search.md).
struct SearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fresh seeds on which finalists and DPO are measured once more (default: as --seeds; 0: none).",
      valueName: "confirm-seeds"))
  var confirmSeeds: Int?
  @Flag(help: "Train a proposal whose gradients are a known loss's times a factor.")
  var trainScaledDuplicates = false
  @Flag(
    help: "Train proposals whose gradients equal a known loss's, too (the published run does).")
  var trainDuplicates = false
  @Flag(help: "Tune the tunables of every loss on seeds of their own before η is measured.")
  var tune = false
  @Option(
    help: ArgumentHelp(
      "best-of-n: then sample as many proposals blindly and put both side by side; limits are for both.",
      valueName: "rival"))
  var equalBudget: String?
  @Flag(
    inversion: .prefixedNo, help: "Compare finalists with DPO's frontier at equal KL (default).")
  var beats = true

  func validate() throws {
    if let confirmSeeds, !(0...100_000).contains(confirmSeeds) {
      throw ValidationError("--confirm-seeds takes a number from 0, not \(confirmSeeds).")
    }
    if let equalBudget, SearchPlan.EqualBudget(rawValue: equalBudget) == nil {
      throw ValidationError("--equal-budget takes best-of-n, not \(equalBudget).")
    }
  }

  /// The plan of a new run.
  ///
  /// - Parameters:
  ///   - seeds: of the search.
  ///   - proposer: as the run stores it; the published run shows all of its proposals' numbers.
  ///   - recorded: the plan of the run that is replayed, if one is.
  func plan(seeds: Int, task: TaskFacts, proposer: String, recorded: SearchPlan?) -> SearchPlan {
    var plan = SearchPlan()
    plan.isBlind = recorded?.isBlind ?? false
    plan.duplicates = recorded?.duplicates ?? (proposer == "replay" ? .trained : .refused)
    if trainScaledDuplicates { plan.duplicates = .trainedIfScaled }
    if trainDuplicates { plan.duplicates = .trained }
    plan.confirmation = SearchPlan.seeds(
      confirmSeeds ?? recorded?.confirmation.count ?? seeds, from: SearchPlan.firstConfirmationSeed)
    plan.klCap = task.klCap
    plan.measuresUntold = true
    plan.referenceReward =
      task.metric == "reward" && task.referenceEta.isFinite ? task.referenceEta : nil
    plan.comparesAtEqualKL =
      beats && (recorded?.comparesAtEqualKL ?? true) && task.klCap != nil
      && task.metric == "reward"
    if plan.comparesAtEqualKL {
      plan.rates = task.rates
      plan.frontierPoints = (task.betas ?? []).count + (task.rates ?? []).count
    }
    plan.tuning =
      tune
      ? SearchPlan.seeds(3, from: SearchPlan.firstTuningSeed) : recorded?.tuning ?? []
    plan.beta = task.beta
    plan.equalBudget = equalBudget.flatMap(SearchPlan.EqualBudget.init)
    plan.sharesBudget = plan.equalBudget == nil ? nil : true
    return plan
  }

  /// Refuses a comparison at equal KL that would come to nothing after it was paid for.
  ///
  /// - Throws: `LossmithError` (`usage`) when finalists are to be compared with DPO's frontier and the task's
  ///   grid has too few β for one.
  func requireFrontier(of task: TaskFacts, finalists: Int?) throws(LossmithError) {
    guard beats, confirmSeeds != 0, finalists != 0, task.metric == "reward", task.klCap != nil,
      let betas = task.betas, Set(betas).count < EqualKL.leastPoints
    else { return }
    throw LossmithError(
      .usage,
      "The task \(task.name) has \(Set(betas).count) β in evaluation.betas: too few for the frontier of DPO"
        + " that finalists are compared with at equal KL.", at: "--beats",
      remedy: "Give evaluation.betas \(EqualKL.leastPoints) values or more, or the run --no-beats.")
  }

  /// What the command line says of a run that is resumed.
  var described: [String: String] {
    var described: [String: String] = [:]
    described["confirmation seeds"] = confirmSeeds.map { "\($0)" }
    if tune { described["tuning"] = "on" }
    if !beats { described["beats"] = "off" }
    if trainScaledDuplicates {
      described["functional duplicates"] = SearchPlan.Duplicates.trainedIfScaled.rawValue
    }
    if trainDuplicates {
      described["functional duplicates"] = SearchPlan.Duplicates.trained.rawValue
    }
    described["equal budget"] = equalBudget
    return described
  }
}
