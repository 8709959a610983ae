import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("The lock of a training's state")
struct TrainingLockTests {
  private func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  @Test("refuses a second training until the first ends, which leaves no folder that it made")
  func held() throws {
    let scratch = try Scratch()
    let folder = scratch.url.appending(path: "policies/new/dpo.checkpoint")
    let first = try TrainingLock(folder)
    let error = #expect(throws: LossmithError.self) { try TrainingLock(folder) }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("Another training") == true)
    #expect(exists(folder))
    // Another place is free.
    try TrainingLock(scratch.url.appending(path: "policies/new/ipo.checkpoint")).release()
    first.release()
    #expect(exists(scratch.url) && !exists(scratch.url.appending(path: "policies")))
    let second = try TrainingLock(folder)
    first.release()
    #expect(throws: LossmithError.self) { try TrainingLock(folder) }
    second.release()
    #expect(!exists(folder))
  }

  @Test("takes over the file of a killed training, and leaves a state where it is")
  func leftBehind() throws {
    let scratch = try Scratch()
    let folder = scratch.url.appending(path: "dpo.checkpoint")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try Data().write(to: folder.appending(path: "lock"))
    let state = folder.appending(path: "training.safetensors")
    try Data([1]).write(to: state)
    try TrainingLock(folder).release()
    #expect(exists(state) && !exists(folder.appending(path: "lock")))
  }

  @Test("is taken by one of many at once, however fast they end")
  func crowd() async throws {
    let scratch = try Scratch()
    let folder = scratch.url.appending(path: "dpo.checkpoint")
    let mark = folder.appending(path: "mark").path
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var taken = 0
          for _ in 0..<50 {
            guard let lock = try? TrainingLock(folder) else { continue }
            taken += 1
            // Whoever makes the file is alone with it.
            let descriptor = open(mark, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
            #expect(descriptor >= 0)
            close(descriptor)
            unlink(mark)
            lock.release()
          }
          return taken
        }
      }
      var taken = 0
      for try await count in group { taken += count }
      #expect(taken > 0)
    }
    #expect(!exists(folder))
  }
}
