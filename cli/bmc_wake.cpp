#include "cli/bmc_wake.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <utility>

#include "coordinator/power/bmcs.h"
#include "coordinator/power/password.h"

namespace ecokube::cli {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t kAtOnce = 8;
// The most that `call_limit_s` can be: a BMC that has just got power again is slow, and the others
// need not wait for it.
constexpr milliseconds kCallLimit{60'000};
constexpr milliseconds kCloseLimit{3'000};
constexpr int kTries = 2;
constexpr milliseconds kPause{1'000};  // between them

/// A lost packet, a BMC that has much to do. Not a hang, which took its time, and never a wrong
/// password: some lock the account.
bool may_pass(Errc code) {
  return code == Errc::unreachable || code == Errc::busy || code == Errc::protocol ||
         code == Errc::conflict;
}

}  // namespace

std::set<NodeName> BmcWake::switch_on(std::vector<BundleNode> nodes, milliseconds first) {
  nodes_ = std::move(nodes);
  next_ = 0;
  next_start_at_ = Clock::now() + first;
  std::exception_ptr thrown;
  for (std::size_t i = 0; i < std::min(kAtOnce, nodes_.size()); ++i) {
    asio::co_spawn(io_, work(), [&](const std::exception_ptr& error) {
      if (error) thrown = error;
    });
  }
  io_.restart();
  io_.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::exchange(failed_, {});
}

asio::awaitable<void> BmcWake::work() {
  while (next_ < nodes_.size()) {
    const auto& node = nodes_[next_++];
    const auto done = co_await wake(node);
    if (done) {
      std::cout << node.node << ": " << *done << std::endl;
    } else {
      failed_.insert(node.node);
      std::cerr << "ecoctl: " << node.node << ": " << done.error().message << std::endl;
    }
  }
}

namespace {

/// What to do about a password file that is not here; empty: it is.
std::string advice_on(BmcAccess access) {
  const auto* password = password_of(access);
  const bool here = password == nullptr || password->file.empty() ||
                    ::faccessat(AT_FDCWD, password->file.c_str(), R_OK, AT_EACCESS) == 0;
  if (here) return {};
  return "; it is read on this machine: bring it here, or run this as who may read it";
}

/// What it said that it did.
asio::awaitable<Result<std::string>> order_on(ManagementController& bmc) {
  auto taken = co_await bmc.order(BmcVerb::on, kCallLimit);
  if (!taken) co_return std::unexpected(std::move(taken.error()));
  co_return bmc.text() + " took the order to switch on";
}

}  // namespace

asio::awaitable<Result<std::string>> BmcWake::wake(const BundleNode& node) {
  const auto& access = *node.bmc;
  if (!access) co_return std::unexpected(access.error());
  const auto bmc = make_controller(io_.get_executor(), *access);
  auto done = co_await wake_by(*bmc);
  for (int i = 1; i < kTries && !done && may_pass(done.error().code); ++i) {
    asio::steady_timer pause(io_, kPause);
    co_await pause.async_wait(asio::use_awaitable);
    done = co_await wake_by(*bmc);
  }
  co_await bmc->close(kCloseLimit);
  if (!done && done.error().code == Errc::config) done.error().message += advice_on(*access);
  co_return done;
}

asio::awaitable<Result<std::string>> BmcWake::wake_by(ManagementController& bmc) {
  auto on = co_await bmc.read_power(kCallLimit);
  if (on == false) {
    // It may have waited for minutes, and an order is given by what was read just before.
    const bool waited = co_await wait_for_turn();
    if (waited) on = co_await bmc.read_power(kCallLimit);
  }
  if (!on) co_return std::unexpected(std::move(on.error()));
  if (*on) co_return bmc.text() + " says that it is on already";
  co_return co_await order_on(bmc);
}

asio::awaitable<bool> BmcWake::wait_for_turn() {
  const auto now = Clock::now();
  const auto at = std::max(next_start_at_, now);
  next_start_at_ = at + every_;
  if (at == now) co_return false;
  asio::steady_timer timer(io_, at);
  co_await timer.async_wait(asio::use_awaitable);
  co_return true;
}

}  // namespace ecokube::cli
