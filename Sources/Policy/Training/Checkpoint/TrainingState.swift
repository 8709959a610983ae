import COpenSSL
import Foundation
import Losses

/// A training that stands between two steps, as a file keeps it.
///
/// A safetensors file: the tensors `trained`, `first_moment` and `second_moment` as float32, flat, and in
/// its metadata the step, the seconds and the learning curve so far, the facts that the bits depend on, and
/// a SHA-256 over everything. Random numbers are counter-based and keyed by seed and purpose, so the step is
/// their only state.
struct TrainingState {
  /// Steps taken.
  var step: Int
  var curve: [TrainingStep]

  private static let kind = "lossmith training state/1"
  private static let damaged = "Remove it and train from the start."

  /// Writes the state of a trainer: the old file or the new one is there, whole, whatever happens.
  ///
  /// - Parameter seconds: that the training has taken so far.
  /// - Throws: `LossmithError` (`storage`).
  static func write(
    _ trainer: TransformerTrainer, curve: [TrainingStep], facts: [TrainingFact],
    seconds: Double = 0, to url: URL
  ) throws(LossmithError) {
    var metadata = ["kind": kind, "step": "\(trainer.step)", "seconds": "\(seconds)"]
    do {
      metadata["curve"] = try JSON.text(curve, pretty: false)
      metadata["facts"] = try JSON.text(facts, pretty: false)
    } catch {
      throw LossmithError(
        .hostFault, "The training's state cannot be written down.", underlying: error)
    }
    try trainer.withState { (parts) throws(LossmithError) in
      metadata["digest"] = digest(metadata, parts)
      try SafetensorsWriter.write(
        parts.map {
          SafetensorsWriter.Tensor(
            name: $0.name, shape: [$0.elements.count], elements: $0.elements)
        }, metadata: metadata, to: url)
    }
  }

  /// Puts a file's state into a trainer that has taken no step yet.
  ///
  /// - Parameter facts: of the training that wants to go on.
  /// - Throws: `LossmithError`: `missing-file`; `malformed-input` for a file that is truncated, damaged
  ///   or no training state; `usage` for the state of another training, naming what differs. The trainer
  ///   is then as before.
  static func restore(
    _ trainer: TransformerTrainer, facts: [TrainingFact], from url: URL
  ) throws(LossmithError) -> TrainingState {
    func malformed(_ message: String) -> LossmithError {
      LossmithError(.malformedInput, message, at: url.path, remedy: damaged)
    }
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(url)
    } catch {
      var error = error
      if error.code == .malformedInput { error.remedy = damaged }
      throw error
    }
    let metadata = file.metadata
    guard metadata["kind"] == kind else {
      throw malformed("This is no training state that this version of Lossmith wrote.")
    }
    let parts = ["trained", "first_moment", "second_moment"].compactMap { name in
      file.floats(name).map { (name: name, elements: $0) }
    }
    guard parts.count == 3, file.names.count == 3 else {
      throw malformed("The training state lacks tensors, or has others.")
    }
    guard metadata["digest"] == digest(metadata, parts) else {
      throw malformed("The training state is damaged: its content does not have its checksum.")
    }
    guard let step = metadata["step"].flatMap(Int.init), step > 0,
      let curve = metadata["curve"].flatMap({
        try? JSON.decode([TrainingStep].self, from: Data($0.utf8))
      }),
      let known = metadata["facts"].flatMap({
        try? JSON.decode([TrainingFact].self, from: Data($0.utf8))
      })
    else { throw malformed("The training state does not say where the training stood.") }
    try requireEqual(facts, known, path: url.path)
    let counts = trainer.withState { $0.map { $0.elements.count } }
    guard parts.map({ $0.elements.count }) == counts else {
      throw malformed("The training state is of a model of another shape.")
    }
    trainer.restore(step: step) { name, target in
      _ = target.update(fromContentsOf: parts.first { $0.name == name }!.elements)
    }
    return TrainingState(step: step, curve: curve)
  }

  /// - Throws: `LossmithError` (`usage`) naming every fact that differs.
  private static func requireEqual(
    _ own: [TrainingFact], _ known: [TrainingFact], path: String
  ) throws(LossmithError) {
    let values = Dictionary(
      known.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let names = Set(own.map(\.name))
    // A hash says nothing to people but that there is a difference.
    func words(_ name: String, _ here: String?, _ there: String?) -> String {
      let isHash = [here, there].contains { $0?.wholeMatch(of: /[0-9a-f]{64}/) != nil }
      return isHash
        ? "\(name) differs" : "\(name) is \(here ?? "unknown") here, \(there ?? "unknown") there"
    }
    let differences =
      own.filter { values[$0.name] != $0.value }.map {
        words($0.name, $0.value, values[$0.name])
      } + known.filter { !names.contains($0.name) }.map { words($0.name, nil, $0.value) }
    guard !differences.isEmpty else { return }
    throw LossmithError(
      .usage, "The checkpoint is of another training: \(differences.joined(separator: "; ")).",
      at: path,
      remedy: "Resume with the arguments and files of that training, or start over with --force.")
  }

  /// SHA-256 over metadata and tensors, the digest itself left out.
  private static func digest(
    _ metadata: [String: String], _ parts: [(name: String, elements: some Sequence<Float>)]
  ) -> String {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
    func add(_ bytes: UnsafeRawBufferPointer) {
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) {
        _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count)
      }
      _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }
    func add(_ text: String) { Array(text.utf8).withUnsafeBytes(add) }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != "digest" {
      add(key)
      add(value)
    }
    for part in parts {
      add(part.name)
      _ = part.elements.withContiguousStorageIfAvailable { add(UnsafeRawBufferPointer($0)) }
    }
    var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let status = EVP_DigestFinal_ex(context, &output, nil)
    precondition(status == 1, "OpenSSL could not compute a SHA-256")
    return SHA256.hexadecimal(output)
  }
}
