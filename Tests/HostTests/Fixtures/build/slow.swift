/// A loss whose expression the type checker cannot decide.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let b = tunables.beta
  let a = [1, 2.5, -3].map { -($0 * 2 + 1 - b / 3) + [1, 2].map { 1 + 2 * -$0 }.reduce(0, +) }
    .reduce(0) { -$0 + 2 * -$1 - 3 * [1, 2, 3.5].map { -$0 / 2 + 1 }.reduce(1, *) } + -1 + 2 * -b
    - [1, 2, 3].reduce(0) { 1 - -$0 * 2 + -$1 / 3 } + "a" * 3 - -(-(1 + -2 * -(3 - -b)))
  return a * batch.margin
}
