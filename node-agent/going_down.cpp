#include "node-agent/going_down.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/asio_tuple.h"
#include "common/child_process.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kLimit{120};
constexpr std::chrono::milliseconds kActionLimit{60'000};
/// While it sleeps the program that put it to sleep waits, on a clock that stands still.
constexpr std::chrono::hours kSleepActionLimit{24 * 365};

}  // namespace

GoingDown::GoingDown(asio::any_io_executor executor, const Config& config, Logind* logind,
                     Resumes& resumes)
    : executor_(std::move(executor)), config_(config), logind_(logind), resumes_(resumes) {}

bool GoingDown::can(v1::SleepMode mode) const {
  if (mode == v1::SLEEP_MODE_POWER_OFF) return true;
  if (logind_ != nullptr) return logind_->can(mode);
  return mode == v1::SLEEP_MODE_SUSPEND && !config_.suspend_action.empty();
}

asio::awaitable<std::string> GoingDown::go(v1::SleepMode mode) {
  const auto before = resumes_.count();
  auto problem = co_await begin(mode);
  if (!problem.empty()) co_return problem;
  if (mode == v1::SLEEP_MODE_POWER_OFF) co_return co_await wait_for_the_end();
  co_return co_await sleep_over(before);
}

asio::awaitable<std::string> GoingDown::begin(v1::SleepMode mode) {
  if (logind_ != nullptr) {
    const auto begun = co_await logind_->go_down(mode);
    co_return begun ? std::string() : begun.error().message;
  }
  if (mode == v1::SLEEP_MODE_POWER_OFF) co_return co_await run(config_.action, kActionLimit);
  co_return co_await run(config_.suspend_action, kSleepActionLimit);
}

asio::awaitable<std::string> GoingDown::run(std::vector<std::string> argv,
                                            std::chrono::milliseconds limit) {
  ChildOptions options;
  options.argv = std::move(argv);
  auto child = start_child(executor_, options);
  if (!child) co_return child.error().message;
  const auto& program = options.argv.front();
  const auto status = co_await (*child)->wait(limit);
  if (!status) co_return program + " did not end in time";
  if (*status == 0) co_return std::string();
  co_return program + " ended with exit code " + std::to_string(*status);
}

// The machine should end us. If it does not, we are of use again.
asio::awaitable<std::string> GoingDown::wait_for_the_end() {
  asio::steady_timer timer(executor_, kLimit);
  co_await timer.async_wait(kTuple);
  co_return "the machine is still on two minutes after it";
}

// The timer's clock stands still with the machine.
asio::awaitable<std::string> GoingDown::sleep_over(std::uint32_t resumes_before) {
  constexpr std::chrono::milliseconds kLook{100};
  asio::steady_timer timer(executor_);
  for (std::chrono::milliseconds awake{0}; awake < kLimit; awake += kLook) {
    if (resumes_.count() != resumes_before) co_return std::string();
    if (logind_ == nullptr) {  // its program has ended, which says so
      resumes_.came_back();
      co_return std::string();
    }
    if (logind_->sleep_failed()) {
      co_return "the machine did not fall asleep; see journalctl -u systemd-suspend.service";
    }
    timer.expires_after(kLook);
    co_await timer.async_wait(kTuple);
  }
  co_return "the machine is still awake two minutes after it";
}

}  // namespace ecokube::agent
