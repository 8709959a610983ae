// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let embeddable: [SwiftSetting] = strict + [.enableExperimentalFeature("Extern")]

let package = Package(
  name: "Lossmith",
  products: [
    .executable(name: "lossmith", targets: ["Lossmith"]),
    .executable(name: "lossmith-cell", targets: ["Cell"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // C: the ABI, libraries of the system, and what Swift cannot say.
    .target(name: "PluginABI"),
    .systemLibrary(name: "CFFI", pkgConfig: "libffi", providers: [.apt(["libffi-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernelCall", dependencies: ["CFFI"], exclude: ["README.md"]),
    .target(name: "CKernels", exclude: ["README.md"]),
    .target(name: "CLaunch", exclude: ["README.md"]),
    .target(
      name: "CCurl", exclude: ["README.md"], linkerSettings: [.linkedLibrary("curl")]),
    .executableTarget(
      name: "Cell", dependencies: ["PluginABI", "CKernelCall"], exclude: ["README.md"],
      linkerSettings: [.linkedLibrary("seccomp"), .linkedLibrary("dl")]),

    // Swift, from the ground up.
    .target(name: "LossKit", swiftSettings: embeddable),
    .target(name: "Losses", dependencies: ["PluginABI"], swiftSettings: strict),
    .target(
      name: "Host",
      dependencies: [
        "Losses", "PluginABI", "CKernelCall", "CLaunch", "COpenSSL",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: strict),
    .target(
      name: "Policy",
      dependencies: [
        "Losses", "CKernels", "COpenBLAS", "COpenSSL", "CZlib",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "Discovery",
      dependencies: [
        "Losses", "Host", "Policy", "CCurl", "CZlib",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "Report",
      dependencies: ["Losses", .product(name: "Mustache", package: "swift-mustache")],
      swiftSettings: strict),
    .executableTarget(
      name: "Lossmith",
      dependencies: [
        "Losses", "Host", "Policy", "Discovery", "Report",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      swiftSettings: strict),

    // Tests.
    .testTarget(name: "PluginABITests", dependencies: ["PluginABI"], swiftSettings: strict),
    .testTarget(name: "LossKitTests", dependencies: ["LossKit"], swiftSettings: strict),
    .testTarget(name: "LossesTests", dependencies: ["Losses"], swiftSettings: strict),
    .testTarget(
      name: "HostTests",
      dependencies: ["Host", "Losses", "Cell", "CLaunch", "CKernelCall", "PluginABI"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "PolicyTests", dependencies: ["Policy", "Losses"],
      exclude: ["Fixtures", "Generators", "Golden"],
      swiftSettings: strict),
    .testTarget(
      name: "DiscoveryTests",
      dependencies: [
        "Discovery", "Host", "Losses", "Policy", "CZlib",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(name: "ReportTests", dependencies: ["Report", "Losses"], swiftSettings: strict),
    .testTarget(
      name: "LossmithTests",
      dependencies: [
        "Lossmith", "Cell", "Discovery", "Losses", "Host", "Policy", "Report",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
