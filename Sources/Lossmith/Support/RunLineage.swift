import Discovery
import Foundation
import Losses
import Report

/// Which loss came of which, as far as a run's journal tells.
enum RunLineage {
  /// A retry came of the failure before it, which is what its proposer was told last. Further parents are
  /// those that the proposer named, in its reply or in what the journal keeps beside it.
  static func add(to candidates: inout [RunModel.Candidate], _ state: RunState) {
    let replies = Dictionary(
      state.candidates.map { ($0.index, $0.reply) }, uniquingKeysWith: { first, _ in first })
    var known: [String: Int] = [:]
    for place in candidates.indices {
      let candidate = candidates[place]
      if let reply = replies[candidate.index] {
        for name in ReplyFacts(reply).parents {
          candidates[place].parents.append(
            .init(
              candidate: known[name] ?? known[CandidateName.slug(name)], name: name,
              relation: "parent"))
        }
      }
      if place > 0, candidate.attempt > 0, candidates[place - 1].generation == candidate.generation
      {
        let earlier = candidates[place - 1]
        candidates[place].parents.append(
          .init(candidate: earlier.index, name: earlier.name, relation: "retry"))
      }
      known[candidate.name] = candidate.index
    }
  }
}

/// What a proposer told of a reply beyond its text; nothing where it did not.
struct ReplyFacts {
  /// Names of the losses that the proposal was built on.
  private(set) var parents: [String] = []
  /// US dollars.
  private(set) var dollars: Double?

  private struct Record: Decodable {
    struct Basis: Decodable { var parents: [String]? }
    var basis: Basis?
    var cost: Double?
  }

  private struct Reply: Decodable { var parents: [String]? }

  init(_ reply: ProposalReply) {
    if let data = try? JSON.encode(reply, pretty: false),
      let record = try? JSON.decode(Record.self, from: data)
    {
      parents = record.basis?.parents ?? []
      dollars = record.cost
    }
    if parents.isEmpty, let told = try? JSON.decode(Reply.self, from: Data(reply.text.utf8)) {
      parents = told.parents ?? []
    }
    parents = Array(parents.prefix(8))
  }
}
