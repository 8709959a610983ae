/// A reference-free loss that reads token counts.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = batch.policyRejected / batch.rejectedTokens
  return softplus(-(tunables.beta * (chosen - rejected)))
}
