/// A part of a run's page that stands for itself: a page is all of them, a live page swaps one.
public struct PageSection: Hashable, Sendable {
  /// Of the element that holds it; `c12` for the twelfth candidate.
  public let id: String
  /// Safe by the types it was made of.
  public let html: String

  /// Every section of a run's page, in order, whether it has something to show or not.
  public static let order = [
    "overview", "live", "finalists", "equal-budget", "trajectory", "ranking", "reward-kl",
    "losses", "stops", "failures", "lineage", "cost", "candidates", "environment",
  ]
}

/// How a page offers the numbers behind its pictures.
enum FigureData {
  /// Inside the page itself.
  case embedded
  /// From the server of the page.
  case served
}

extension Figure {
  /// Where a link to the numbers leads.
  func address(_ data: FigureData) -> String {
    switch data {
    case .served: return "figures/\(name).csv"
    case .embedded:
      var address = "data:text/csv;charset=utf-8,"
      for byte in csv.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"), UInt8(ascii: ","):
          address.unicodeScalars.append(Unicode.Scalar(byte))
        default:
          let digits = String(byte, radix: 16, uppercase: true)
          address += "%" + (digits.count < 2 ? "0" : "") + digits
        }
      }
      return address
    }
  }

  /// What the picture shows and how to read it.
  func caption(_ model: RunModel) -> String {
    switch name {
    case "trajectory":
      return
        "Each point is a candidate with one standard error over seeds; filled points were the best"
        + " so far. The step line is the best mean, baselines included. Dashed lines are baselines"
        + " measured in the same run. Hover a mark for its idea; follow it to its source."
    case "ranking":
      let cut =
        model.ranking.count > RankingChart.limit
        ? " The picture has the first \(RankingChart.limit) rows, the table has all." : ""
      return
        "Bars start at the reference policy. Baselines are grey. Differences are paired by seed;"
        + " an interval that crosses 0 is a difference that these seeds do not show." + cut
    case "reward-kl":
      return
        "Further up is more reward, further left is nearer to the reference policy: more reward at a"
        + " higher KL is not yet a better loss. Bars are one standard error over seeds. Points of one loss"
        + " at several β are joined. The step line is the front: the most reward at no more than that KL."
        + (model.klCap == nil
          ? "" : " The dashed line is the cap up to which a hypervolume counts.")
    case "losses":
      return "What one pair's loss is at each margin (above) and which way and how hard it pushes"
        + " (below), at the run's β: the best losses by η. A negative slope pushes the chosen completion up."
    case "lineage":
      return
        "An edge leads from a candidate to the one that came of it; dashed edges are retries after a"
        + " failure in the same generation. The filled point is the best."
    case "cost":
      return "Time of the run's own clock; hover a column for its parts. Tokens are those that the"
        + " endpoint counted: read below, written above."
    default: return ""
    }
  }
}
