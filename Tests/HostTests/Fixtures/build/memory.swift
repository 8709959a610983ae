/// A loss that touches memory through a name that the lint does not know.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  var numbers = [1.0, 2.0]
  let first = numbers.withContiguousMutableStorageIfAvailable { $0.baseAddress![3] }
  return (first ?? 1) * batch.margin
}
