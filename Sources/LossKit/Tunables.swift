/// The values of a loss's tunables in one call, by name: `tunables.beta`, `tunables.tau`.
///
/// They are plain numbers. A name that was not declared is LOSS_STATUS_TUNABLE.
@dynamicMemberLookup
public struct Tunables: Sendable {
  /// β, the strength of the pull towards the reference. Always there.
  public let beta: Double
  let list: TunableList
  let values: InlineArray<16, Double>

  init(list: TunableList, values: InlineArray<16, Double>) {
    self.beta = values[0]
    self.list = list
    self.values = values
  }

  /// The value of a declared tunable; 0, with the error noted, for any other name.
  @export(interface)
  public subscript(dynamicMember name: StaticString) -> Double {
    guard let index = list.index(of: name), index < TunableList.limit else {
      tape.fail(.tunable, line: 0)
      return 0
    }
    return values[index]
  }
}
