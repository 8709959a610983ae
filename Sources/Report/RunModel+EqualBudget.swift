extension RunModel {
  /// A search and blind sampling of the same proposer side by side: whether feedback earned anything.
  public struct EqualBudget: Hashable, Sendable, Codable {
    /// The search, then blind sampling.
    public var sides: [Side]
    /// η of the search's best loss minus that of the blind one, paired by the fresh seeds that both
    /// were measured on; nil where one of them was not.
    public var difference: Delta?

    public init(sides: [Side], difference: Delta? = nil) {
      self.sides = sides
      self.difference = difference
    }

    public struct Side: Hashable, Sendable, Codable {
      public var name: String
      /// Replies of the proposer: what both sides have in common.
      public var proposals: Int
      /// Proposals that were trained on the task.
      public var measured: Int
      /// Policies trained on the task, the confirmation left out.
      public var trainings: Int
      public var cheapTrainings: Int
      /// Read and written by an endpoint's models.
      public var tokens: Int
      /// nil when nothing was measured.
      public var best: String?
      /// Of the best: by which it was chosen, and on fresh seeds.
      public var search: Eta?
      public var confirmed: Eta?
      /// Against DPO, on the fresh seeds.
      public var delta: Delta?

      public init(
        name: String, proposals: Int, measured: Int, trainings: Int, cheapTrainings: Int = 0,
        tokens: Int = 0, best: String? = nil, search: Eta? = nil, confirmed: Eta? = nil,
        delta: Delta? = nil
      ) {
        self.name = name
        self.proposals = proposals
        self.measured = measured
        self.trainings = trainings
        self.cheapTrainings = cheapTrainings
        self.tokens = tokens
        self.best = best
        self.search = search
        self.confirmed = confirmed
        self.delta = delta
      }
    }
  }
}
