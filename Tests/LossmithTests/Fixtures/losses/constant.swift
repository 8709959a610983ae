/// A constant: nothing to follow.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  full(like: batch.margin, 1.5)
}
