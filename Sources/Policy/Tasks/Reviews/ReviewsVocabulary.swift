/// The words of the reviews grammar, by their role.
enum ReviewsVocabulary {
  /// Words of feeling: strong ones weigh 1.5, mild ones 0.75.
  static let strongPraise = split(
    """
    wonderful brilliant superb amazing excellent fantastic outstanding gorgeous
    """)
  static let mildPraise = split(
    """
    good nice charming clever funny warm fresh solid
    """)
  static let strongBlame = split(
    """
    terrible awful horrible dreadful atrocious unbearable pathetic disgusting
    """)
  static let mildBlame = split(
    """
    bad boring dull weak flat clumsy stale tedious
    """)
  static let likes = split(
    "loved enjoyed admired adored cherished")
  static let dislikes = split(
    "hated disliked despised loathed regretted")
  static let well = split("beautifully wonderfully perfectly skilfully elegantly")
  static let badly = split("badly terribly poorly horribly awkwardly")

  /// Make the next word of feeling weigh half as much again.
  static let degrees = split("very really truly deeply extremely utterly so quite")
  /// Turn words of feeling round, up to three words on.
  static let negations = split("not never hardly barely no without")

  static let aspects = split(
    """
    film movie plot story acting script dialogue music ending cast photography editing pacing humor \
    score scenery costume lighting opening finale direction soundtrack premise setting narration \
    romance action suspense animation makeup choreography screenplay performance writing mood tone \
    atmosphere twist chase climax
    """)
  static let plain = split(
    """
    long short old new modern french british american italian japanese silent quiet early late \
    small large young second third final black white rural urban local foreign historical political \
    musical independent
    """)
  static let people = split(
    """
    director actor actress writer producer composer hero villain detective soldier doctor teacher \
    singer lawyer widow orphan sailor farmer painter journalist captain thief king queen nurse boxer \
    pilot stranger
    """)
  static let names = split(
    """
    anna peter maria john clara david helen james laura martin nina oscar paula robert sofia thomas \
    victor emma george julia
    """)
  static let places = split(
    """
    paris london berlin rome tokyo chicago boston texas mexico egypt india russia spain ireland \
    alaska hollywood
    """)
  static let genres = split(
    """
    comedy drama thriller western mystery documentary operetta adventure melodrama horror war fantasy \
    biography satire crime
    """)
  static let deeds = split(
    """
    meets follows visits finds leaves helps fights saves marries hunts betrays trains watches \
    remembers rescues teaches
    """)
  static let times = split(
    """
    yesterday today tonight once again twice recently sometimes eventually suddenly later first \
    morning evening summer winter
    """)
  static let glue = split(
    """
    the a an of in and but with is was were it i this that by from on at to for as we my their his \
    her who when while because after before about around into which there here one two three hours \
    minutes years scenes theater cinema home ticket friends family audience everyone critics saw \
    watched rented shot set made plays tells lasts begins ends looks feels felt found seemed had \
    has just only all whole every other same than more most some , . !
    """)

  /// Every word once, in a fixed order: the order of the token ids.
  static let words: [String] = {
    var seen = Set<String>()
    return [
      glue, negations, degrees, strongPraise, mildPraise, strongBlame, mildBlame, likes, dislikes,
      well, badly, aspects, plain, people, names, places, genres, deeds, times,
    ].flatMap { $0 }.filter { seen.insert($0).inserted }
  }()

  /// What a word of feeling weighs; 0 for any other.
  static func weight(_ word: String) -> Double {
    weights[word] ?? 0
  }

  private static let weights: [String: Double] = {
    var weights: [String: Double] = [:]
    for (list, weight) in [
      (strongPraise, 1.5), (mildPraise, 0.75), (strongBlame, -1.5), (mildBlame, -0.75),
      (likes, 1), (dislikes, -1), (well, 1), (badly, -1),
    ] {
      for word in list { weights[word] = weight }
    }
    return weights
  }()

  private static func split(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
  }
}
