#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube::agent {

struct HookOptions {
  std::filesystem::path folder;
  std::chrono::milliseconds each{10'000};   ///< time limit of one hook
  std::chrono::milliseconds total{25'000};  ///< of all together
};

/// The executable files of `folder` in the order of their names; no folder: none. Hidden files and
/// names that end in '~', ".disabled" or ".dpkg-*" are passed over; any other file that cannot be
/// run is an error, since somebody meant it as a guard.
[[nodiscard]] Result<std::vector<std::filesystem::path>> list_hooks(
    const std::filesystem::path& folder);

/// Runs them one after the other with ECOKUBE_COMMAND_ID and ECOKUBE_REASON set. The first that
/// fails or hangs (then it is killed) ends it: refused, with its name.
[[nodiscard]] boost::asio::awaitable<Result<void>> run_hooks(boost::asio::any_io_executor executor,
                                                             HookOptions options,
                                                             std::string command_id,
                                                             std::string reason);

}  // namespace ecokube::agent
