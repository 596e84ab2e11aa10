#include "coordinator/power/ipmitool.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/child_process.h"

namespace ecokube {

namespace asio = boost::asio;

Result<void> check_password_file(const std::filesystem::path& file) {
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) {
    return fail(Errc::config,
                fmt::format("password file {}: {}", file.string(), std::strerror(errno)));
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(Errc::config, fmt::format("password file {} is no regular file", file.string()));
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Errc::config, fmt::format("password file {} may be read or changed by others: "
                                          "chmod 600 it",
                                          file.string()));
  }
  return {};
}

asio::awaitable<Result<std::string>> call_ipmitool(asio::any_io_executor executor, BmcAccess bmc,
                                                   BmcVerb verb, std::chrono::milliseconds limit) {
  constexpr std::size_t kOutputMax = 64 * 1024;
  if (auto readable = check_password_file(bmc.password_file); !readable) {
    co_return fail_while("BMC " + bmc.address.text(), readable.error());
  }
  ChildOptions options;
  options.argv = ipmitool_command(bmc, verb);
  options.no_input = true;
  options.die_with_parent = true;
  options.output_bytes_max = kOutputMax;
  const auto child = start_child(executor, options);
  if (!child) co_return fail_while("BMC " + bmc.address.text(), child.error());
  const auto status = co_await (*child)->wait(limit);
  if (!status) {
    (*child)->signal_group(SIGKILL);
    co_await (*child)->wait(std::nullopt);
    co_return fail(Errc::timeout, fmt::format("BMC {}: power {}: no end within {} ms",
                                              bmc.address.text(), to_string(verb), limit.count()));
  }
  auto output = (*child)->output();
  if (*status != 0) co_return std::unexpected(ipmitool_error(bmc, verb, output));
  co_return output;
}

}  // namespace ecokube
