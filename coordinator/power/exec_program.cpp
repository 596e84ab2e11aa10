#include "coordinator/power/exec_program.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/child_process.h"
#include "coordinator/power/exec_text.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// Whoever may change it, may do what the coordinator may.
Result<void> check_program(const std::filesystem::path& program) {
  struct stat facts{};
  if (::stat(program.c_str(), &facts) != 0) return fail(Errc::config, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return fail(Errc::config, "it is no regular file");
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::config, "others than its owner may change it: chmod go-w it");
  }
  return {};
}

class ExecProgram final : public ManagementController {
 public:
  ExecProgram(asio::any_io_executor executor, ExecAccess access)
      : executor_(std::move(executor)), access_(std::move(access)) {}

  std::string text() const override {
    return fmt::format("{} for {}", access_.program.string(), access_.node);
  }

  asio::awaitable<Result<bool>> read_power(milliseconds limit) override {
    const auto status = co_await read(limit);
    if (!status) co_return std::unexpected(status.error());
    co_return status->on;
  }

  asio::awaitable<Result<std::string>> read_guid(milliseconds limit) override {
    const auto status = co_await read(limit);
    if (!status) co_return std::unexpected(status.error());
    co_return status->guid;
  }

  asio::awaitable<Result<MeasuredPower>> read_watts(milliseconds limit) override {
    if (!access_.measures_power) {
      co_return fail(Errc::unsupported, text() + ": power watts: exec_watts is not set");
    }
    const auto output = co_await call(BmcVerb::watts, limit);
    if (!output) co_return std::unexpected(output.error());
    const auto power = exec_watts_in(*output);
    if (!power) co_return fail_while(text() + ": power watts", power.error());
    co_return MeasuredPower{*power, "exec"};
  }

  asio::awaitable<Result<void>> order(BmcVerb verb, milliseconds limit) override {
    const bool unsupported =
        verb != BmcVerb::on && (verb != BmcVerb::off || !access_.may_cut_power);
    if (unsupported) {
      co_return fail(Errc::unsupported,
                     fmt::format("{}: power {}: {}", text(), to_string(verb),
                                 verb == BmcVerb::off ? "exec_off is not set"
                                                      : "a program knows no soft off"));
    }
    const auto output = co_await call(verb, limit);
    if (!output) co_return std::unexpected(output.error());
    co_return Result<void>{};
  }

 private:
  asio::awaitable<Result<ExecStatus>> read(milliseconds limit) {
    const auto output = co_await call(BmcVerb::status, limit);
    if (!output) co_return std::unexpected(output.error());
    auto status = exec_status_in(*output);
    if (!status) co_return fail_while(text() + ": power status", status.error());
    co_return status;
  }

  asio::awaitable<Result<std::string>> call(BmcVerb verb, milliseconds limit) {
    constexpr std::size_t kOutputMax = 64 * 1024;
    const auto doing = fmt::format("{}: power {}", text(), to_string(verb));
    if (auto fit = check_program(access_.program); !fit) co_return fail_while(doing, fit.error());
    ChildOptions options;
    options.argv = {access_.program.string(), std::string(to_string(verb))};
    options.environment = access_.environment;
    options.environment.emplace_back("ECOKUBE_NODE", access_.node);
    options.environment.emplace_back("ECOKUBE_VERB", to_string(verb));
    options.no_input = true;
    options.die_with_parent = true;
    options.output_bytes_max = kOutputMax;
    const auto child = start_child(executor_, options);
    if (!child) co_return fail_while(doing, child.error());
    const auto status = co_await wait_or_kill(**child, limit);
    if (!status) {
      co_return fail(Errc::timeout, fmt::format("{}: no end within {} ms", doing, limit.count()));
    }
    auto output = (*child)->output();
    if (*status != 0) co_return fail_while(doing, exec_error(*status, output));
    co_return output;
  }

  asio::any_io_executor executor_;
  ExecAccess access_;
};

}  // namespace

std::unique_ptr<ManagementController> make_exec_program(asio::any_io_executor executor,
                                                        ExecAccess access) {
  return std::make_unique<ExecProgram>(std::move(executor), std::move(access));
}

}  // namespace ecokube
