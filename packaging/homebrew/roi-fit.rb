# The formula of Homebrew.
#
# The zeros stand for the digest of an archive that is not made yet: `cargo xtask dist` writes a copy with it into target/dist.
class RoiFit < Formula
  desc "Fit and optimize a Fermi-LAT region of interest"
  homepage "https://github.com/roi-fit/roi-fit"
  url "https://github.com/roi-fit/roi-fit/releases/download/v0.1.0/roi-fit-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args(path: "crates/roi-cli")
    generate_completions_from_executable(bin/"roi-fit", "completions")
    man1.mkpath
    system bin/"roi-fit", "man", "--out", man1
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/roi-fit --version")
    system bin/"roi-fit", "demo", "--out", testpath/"demo"
    assert_path_exists testpath/"demo/fit.json"
  end
end
