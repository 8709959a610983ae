/// Smooth hinge: softplus((1 − βρ)/τ)·τ, SLiC's hinge with a rounded corner.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  return tunables.tau * softplus((1 - x) / tunables.tau)
}

let extraTunables = [Tunable("tau", default: 0.5, range: 0.01...10, scale: .log)]

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
