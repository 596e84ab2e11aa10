#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace ecokube::bench {

struct ReactionOptions {
  std::size_t nodes = 1000;   ///< registered and Ready
  std::size_t pods = 10'000;  ///< running when the measuring begins
  std::size_t samples = 100;  ///< nodes put down and woken, one after the other
  std::filesystem::path programs = "build/release/bin";
  std::filesystem::path kubernetes;  ///< the binary that ./dev setup --real builds
  std::filesystem::path folder =
      "out/bench/reaction";  ///< files and logs of the run; emptied first
  std::filesystem::path output = "out/bench/reaction.json";

  /// Each waits for up to a period of the poll loop.
  [[nodiscard]] std::size_t poll_samples() const { return std::min<std::size_t>(samples, 20); }
};

}  // namespace ecokube::bench
