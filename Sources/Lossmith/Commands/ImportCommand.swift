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
      to it. The folder can be given wherever a policy is asked for. It appears whole, or not at all.
      """)

  @Argument(help: "A checkpoint of llama2.c.") var file: String
  @Option(help: "Its tokenizer.bin.") var tokenizer: String
  @Option(help: "The folder to write.") var out: String
  @Option(help: "Megabytes of weights a file; more make several files with an index.")
  var maxShardSize: Int?
  @Flag(help: "Replace a policy that is in the folder already.") var force = false
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
    let folder = try OutputFolder(out, replacing: force)
    let parameters = try LlamaCFile(url(file)).parameters
    let configuration = parameters.configuration
    let tokenizer = try LlamaCTokenizer.read(
      url(tokenizer), count: configuration.vocabularySize)
    let policy = ModelFolder(
      parameters: parameters, tokenizer: tokenizer, startToken: LlamaCTokenizer.startToken)
    try folder.fill { staging in
      try policy.save(to: staging, shardLimit: maxShardSize.map { $0 * 1_000_000 })
    }
    let reply = Reply(
      folder: folder.url.path, parameters: parameters.layout.parameterCount,
      vocabulary: configuration.vocabularySize, context: configuration.contextLength)
    if output.json { return console.print(document: try JSON.text(reply)) }
    console.print(
      "\(reply.folder.shownOnOneLine): \(reply.parameters) parameters, \(reply.vocabulary) tokens,"
        + " context \(reply.context)")
  }
}
