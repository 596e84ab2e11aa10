#include "coordinator/power/ipmitool.h"

#include <fmt/format.h>

#include <utility>

#include "common/child_process.h"
#include "coordinator/power/password.h"

namespace ecokube {

namespace asio = boost::asio;
namespace {

/// ipmitool reads the file itself; what is in a variable of ours it finds in its own.
Result<void> give_password(const PasswordSource& source, ChildOptions& options) {
  if (!source.file.empty()) return check_password_file(source.file);
  auto password = read_password(source);
  if (!password) return std::unexpected(std::move(password.error()));
  // The second counts less, and is what older ones know.
  options.environment.emplace_back("IPMITOOL_PASSWORD", *password);
  options.environment.emplace_back("IPMI_PASSWORD", *std::move(password));
  return {};
}

}  // namespace

asio::awaitable<Result<std::string>> call_ipmitool(asio::any_io_executor executor, IpmiAccess bmc,
                                                   BmcVerb verb, std::chrono::milliseconds limit) {
  constexpr std::size_t kOutputMax = 64 * 1024;
  ChildOptions options;
  if (auto given = give_password(bmc.password, options); !given) {
    co_return fail_while("BMC " + bmc.address.text(), given.error());
  }
  options.argv = ipmitool_command(bmc, verb);
  options.no_input = true;
  options.die_with_parent = true;
  options.output_bytes_max = kOutputMax;
  const auto child = start_child(executor, options);
  if (!child) co_return fail_while("BMC " + bmc.address.text(), child.error());
  const auto status = co_await wait_or_kill(**child, limit);
  if (!status) {
    co_return fail(Errc::timeout, fmt::format("BMC {}: power {}: no end within {} ms",
                                              bmc.address.text(), to_string(verb), limit.count()));
  }
  auto output = (*child)->output();
  if (*status != 0) co_return std::unexpected(ipmitool_error(bmc, verb, output));
  co_return output;
}

namespace {

/// What BMCs without a GUID say when they are asked for it.
bool has_none(Errc code) {
  return code == Errc::unsupported || code == Errc::refused || code == Errc::protocol;
}

class Ipmitool final : public ManagementController {
 public:
  Ipmitool(asio::any_io_executor executor, IpmiAccess bmc)
      : executor_(std::move(executor)), bmc_(std::move(bmc)) {}

  std::string text() const override { return "BMC " + bmc_.address.text(); }

  asio::awaitable<Result<bool>> read_power(std::chrono::milliseconds limit) override {
    const auto answer = co_await call_ipmitool(executor_, bmc_, BmcVerb::status, limit);
    if (!answer) co_return std::unexpected(answer.error());
    co_return power_in(*answer);
  }

  asio::awaitable<Result<std::string>> read_guid(std::chrono::milliseconds limit) override {
    const auto answer = co_await call_ipmitool(executor_, bmc_, BmcVerb::guid, limit);
    if (answer) co_return guid_in(*answer).value_or("");
    if (has_none(answer.error().code)) co_return std::string();
    co_return std::unexpected(answer.error());
  }

  asio::awaitable<Result<MeasuredPower>> read_watts(std::chrono::milliseconds limit) override {
    const auto answer = co_await call_ipmitool(executor_, bmc_, BmcVerb::watts, limit);
    if (!answer) co_return std::unexpected(answer.error());
    const auto power = watts_in(*answer);
    if (!power) co_return fail_while(text() + ": power watts", power.error());
    co_return MeasuredPower{*power, "dcmi"};
  }

  asio::awaitable<Result<void>> order(BmcVerb verb, std::chrono::milliseconds limit) override {
    const auto answer = co_await call_ipmitool(executor_, bmc_, verb, limit);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Result<void>{};
  }

 private:
  asio::any_io_executor executor_;
  IpmiAccess bmc_;
};

}  // namespace

std::unique_ptr<ManagementController> make_ipmitool(asio::any_io_executor executor,
                                                    IpmiAccess bmc) {
  return std::make_unique<Ipmitool>(std::move(executor), std::move(bmc));
}

}  // namespace ecokube
