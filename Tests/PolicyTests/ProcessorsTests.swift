import Foundation
import Testing

@testable import Policy

@Suite("Processors")
struct ProcessorsTests {
  @Test("a control group's quota is a number of processors, rounded up; without one all count")
  func quota() {
    #expect(Processors.share(ofMaximum: "200000 100000\n") == 2)
    #expect(Processors.share(ofMaximum: "150000 100000") == 2)
    #expect(Processors.share(ofMaximum: "10000 100000") == 1)
    #expect(Processors.share(ofMaximum: "max 100000\n") == nil)
    #expect(Processors.share(ofMaximum: "") == nil)
    #expect(Processors.share(quota: "-1\n", period: "100000\n") == nil)
    #expect(Processors.share(quota: "400000\n", period: "100000\n") == 4)
    #expect(Processors.share(quota: "1", period: "0") == nil)
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(Processors.usable))
  }
}
