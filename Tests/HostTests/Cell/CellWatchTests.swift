import Testing

@testable import Host

@Suite("The time of a call")
struct CellWatchTests {
  @Test("adds up over looks, and a machine that stood still in between counts little")
  func pause() {
    var watch = CellWatch(now: 5_000_000_000)
    for look in 1...100 { watch.look(now: 5_000_000_000 + UInt64(look) * 10_000_000) }
    #expect(abs(watch.seconds - 1) < 1e-9)
    // An hour.
    watch.look(now: 3_606_000_000_000)
    #expect(abs(watch.seconds - 1 - CellWatch.longest) < 1e-9)
    // A clock that goes back takes nothing away.
    watch.look(now: 0)
    #expect(abs(watch.seconds - 1 - CellWatch.longest) < 1e-9)
  }
}
