/// A loss with two faults.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x: Vector = tunables.beta * batch.margn
  var y = softplus(-x)
  return softpluss(y)
}
