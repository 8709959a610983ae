import ArgumentParser
import Foundation
import Losses
import Policy

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a Hugging Face folder of a llama2.c checkpoint.",
    discussion: """
      The checkpoint is a .bin of version 0 or 1 in float32, the tokenizer the tokenizer.bin that belongs \
      to it. The folder can be given wherever a policy is asked for.
      """)

  @Argument(help: "A checkpoint of llama2.c.") var file: String
  @Option(help: "Its tokenizer.bin.") var tokenizer: String
  @Option(help: "The folder to write.") var out: String
  @Option(help: "Megabytes of weights a file; more make several files with an index.")
  var maxShardSize: Int?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let maxShardSize, !(1...1_000_000).contains(maxShardSize) {
      throw ValidationError(
        "--max-shard-size takes a number from 1 to 1000000, not \(maxShardSize).")
    }
  }

  struct Reply: Codable {
    var folder: String
    var parameters: Int
    var vocabulary: Int
    var context: Int
  }

  func run() throws {
    let console = output.console()
    func url(_ path: String) -> URL { URL(fileURLWithPath: path).standardizedFileURL }
    let place = url(out)
    if FileManager.default.fileExists(atPath: place.path + "/config.json") {
      throw LossmithError(
        .usage, "there is a policy already", at: place.path,
        remedy: "Give another folder with --out.")
    }
    let parameters = try LlamaCFile(url(file)).parameters
    let configuration = parameters.configuration
    let tokenizer = try LlamaCTokenizer.read(
      url(tokenizer), count: configuration.vocabularySize)
    try ModelFolder(
      parameters: parameters, tokenizer: tokenizer, startToken: LlamaCTokenizer.startToken
    ).save(to: place, shardLimit: maxShardSize.map { $0 * 1_000_000 })
    let reply = Reply(
      folder: place.path, parameters: parameters.layout.parameterCount,
      vocabulary: configuration.vocabularySize, context: configuration.contextLength)
    if output.json { return console.print(try JSON.text(reply)) }
    console.print(
      "\(reply.folder): \(reply.parameters) parameters, \(reply.vocabulary) tokens,"
        + " context \(reply.context)")
  }
}
