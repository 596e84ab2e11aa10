#include "tests/e2e/pipeline/pipeline.h"

namespace ecokube::test {

std::vector<std::string> broker_command(const std::filesystem::path& folder) {
  static int last = 1;  // an address for each: the one before may still be dying
  return {ECOKUBE_BIN_DIR "/lab-kafka", "--dir", (folder / "kafka").string(), "--address",
          "127.0.41." + std::to_string(++last)};
}

}  // namespace ecokube::test
