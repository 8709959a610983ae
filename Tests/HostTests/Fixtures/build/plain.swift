/// A plain loss: \ and "quotes" in its summary.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin))
}
