/// What tables, documents and pictures call plug-ins that are shown side by side.
public enum PluginLabels {
  /// A plug-in that was named.
  public struct Named: Hashable, Sendable {
    /// As it was given: a catalogue name or alias, or a path.
    public var text: String
    /// Its own name: of a file the name without folder and ending, in the form of a plug-in's name.
    public var name: String
    public var isCatalogue: Bool

    public init(text: String, name: String, isCatalogue: Bool) {
      self.text = text
      self.name = name
      self.isCatalogue = isCatalogue
    }
  }

  /// A label for each plug-in; different texts have different labels.
  ///
  /// A loss of the catalogue has its name, under a second name that one. A file has its own name unless
  /// the catalogue's losses here, another file here or the baseline is called so: then it is called by
  /// its path as it was given.
  ///
  /// - Parameter baseline: a name that stands for the catalogue's loss alone, whether or not it is here.
  public static func labels(_ plugins: [Named], baseline: String? = nil) -> [String] {
    var labels: [String: String] = [:]
    var taken: Set<String> = []
    // A name comes before the aliases of the same loss, whatever their order.
    let catalogue = plugins.filter(\.isCatalogue)
    for plugin in catalogue.filter({ $0.text == $0.name }) + catalogue
    where labels[plugin.text] == nil {
      labels[plugin.text] = taken.insert(plugin.name).inserted ? plugin.name : plugin.text
    }
    taken.formUnion(labels.values)
    if let baseline { taken.insert(baseline) }
    let files = Dictionary(grouping: plugins.filter { !$0.isCatalogue }, by: \.name)
      .mapValues { Set($0.map(\.text)).count }
    return plugins.map { plugin in
      if plugin.isCatalogue { return labels[plugin.text] ?? plugin.text }
      return taken.contains(plugin.name) || files[plugin.name] != 1 ? plugin.text : plugin.name
    }
  }
}
