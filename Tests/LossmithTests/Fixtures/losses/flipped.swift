/// DPO with the preference turned round.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(tunables.beta * batch.margin)
}
