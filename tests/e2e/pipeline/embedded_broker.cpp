#include "tests/e2e/pipeline/pipeline.h"

namespace ecokube::test {

std::vector<std::string> broker_command(const std::filesystem::path& /*folder*/) {
  return {ECOKUBE_BIN_DIR "/lab-broker"};
}

}  // namespace ecokube::test
