#include "node-agent/shutdown/hooks.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>

#include "common/boot_clock.h"
#include "common/child_process.h"
#include "common/log.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
constexpr std::size_t kHooksMax = 100;

bool is_passed_over(const std::string& name) {
  return name.starts_with('.') || name.ends_with('~') || name.ends_with(".disabled") ||
         name.find(".dpkg-") != std::string::npos;
}

asio::awaitable<Result<void>> run_hook(asio::any_io_executor executor, fs::path hook,
                                       std::chrono::milliseconds limit, std::string command_id,
                                       std::string reason) {
  const std::string name = hook.filename();
  ChildOptions options;
  options.argv = {hook.string()};
  options.environment = {{"ECOKUBE_COMMAND_ID", command_id}, {"ECOKUBE_REASON", reason}};
  options.die_with_parent = true;
  auto child = start_child(executor, options);
  if (!child) co_return fail(Errc::refused, "hook " + name + ": " + child.error().message);
  const auto status = co_await wait_or_kill(**child, limit);
  if (!status) {
    co_return fail(Errc::refused, "hook " + name + " did not end within " +
                                      std::to_string(limit.count()) + " ms and was killed");
  }
  if (*status != 0) {
    co_return fail(Errc::refused, "hook " + name + " ended with exit code " +
                                      std::to_string(*status) + ": it does not allow power-off");
  }
  log::info("hook passed hook={} command={}", name, command_id);
  co_return Result<void>();
}

}  // namespace

Result<std::vector<fs::path>> list_hooks(const fs::path& folder) {
  std::vector<fs::path> hooks;
  std::error_code error;
  if (folder.empty() || (!fs::exists(folder, error) && !error)) return hooks;
  fs::directory_iterator it(folder, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (is_passed_over(name)) continue;
    std::error_code unknown;
    if (!it->is_regular_file(unknown) || ::access(it->path().c_str(), X_OK) != 0) {
      return fail(Errc::refused, "hook " + it->path().string() +
                                     " is not an executable file; run: chmod +x on it, or rename "
                                     "it to end in .disabled");
    }
    hooks.push_back(it->path());
  }
  if (error) return fail(Errc::refused, "hooks in " + folder.string() + ": " + error.message());
  if (hooks.size() > kHooksMax) {
    return fail(Errc::refused,
                folder.string() + " has more than " + std::to_string(kHooksMax) + " hooks");
  }
  std::sort(hooks.begin(), hooks.end());
  return hooks;
}

asio::awaitable<Result<void>> run_hooks(asio::any_io_executor executor, HookOptions options,
                                        std::string command_id, std::string reason) {
  const auto hooks = list_hooks(options.folder);
  if (!hooks) co_return std::unexpected(hooks.error());
  const auto until = boottime_now() + options.total;
  for (const auto& hook : *hooks) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - boottime_now());
    if (left.count() <= 0) {
      co_return fail(Errc::refused, "hook " + hook.filename().string() +
                                        " was not run: those before it took all the time there is");
    }
    auto passed =
        co_await run_hook(executor, hook, std::min(options.each, left), command_id, reason);
    if (!passed) co_return passed;
  }
  co_return Result<void>();
}

}  // namespace ecokube::agent
