#include "lab/real/host/host_command.h"

#include <cstdlib>

namespace ecokube::lab {

Result<void> run_on_host(const std::string& command) {
  if (std::system(command.c_str()) == 0) return {};
  return fail(Errc::io, "failed: " + command);
}

}  // namespace ecokube::lab
