/// A loss that gives a number.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Double {
  tunables.beta
}
