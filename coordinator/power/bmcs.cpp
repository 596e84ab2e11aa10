#include "coordinator/power/bmcs.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>
#include <random>
#include <utility>
#include <vector>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "coordinator/power/exec_program.h"
#include "coordinator/power/ipmitool.h"
#include "coordinator/power/password.h"
#include "coordinator/power/redfish.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kGuidAgeMax{10};
constexpr milliseconds kCloseLimit{2'000};
constexpr std::chrono::hours kMeasuresNothing{1};  // until it is asked again whether it does

/// It does not measure what the machine draws, or not for us. "Not in the present state", which is
/// on, is what those say whose meter is missing.
bool measures_nothing(const Error& error) {
  return error.code == Errc::unsupported || error.code == Errc::forbidden ||
         error.code == Errc::conflict;
}

/// One BMC and the coroutine that reads it.
struct Watched {
  Watched(const asio::any_io_executor& executor, NodeName name, const BmcAccess& access,
          std::shared_ptr<BmcLane::Shared> shared)
      : node(std::move(name)),
        lane(executor, make_controller(executor, access), std::move(shared)),
        pause(executor),
        measure_pause(executor) {}
  NodeName node;
  BmcLane lane;
  asio::steady_timer pause, measure_pause;
  asio::cancellation_signal cancel, measure_cancel;
  std::optional<bool> on;  ///< as it said last; empty since any failure
  bool closely = false;
  std::optional<std::string> guid;
  Clock::time_point guid_read_at{};
};

class Bmcs final : public BmcControl {
 public:
  Bmcs(const asio::any_io_executor& executor, BmcOptions options)
      : executor_(executor), options_(std::move(options)) {
    shared_ = std::make_shared<BmcLane::Shared>(executor, options_.manners, std::random_device{}());
    for (auto& [node, bmc] : options_.bmcs) {
      watched_[node] = std::make_unique<Watched>(executor, node, bmc, shared_);
    }
  }

  void start(Observe observe) override {
    observe_ = std::move(observe);
    for (auto& [node, watched] : watched_) {
      auto on_end = log::thrown_unless_cancelled("node=" + node + " its BMC is no longer read");
      auto cancelled = asio::bind_cancellation_slot(watched->cancel.slot(), std::move(on_end));
      asio::co_spawn(executor_, watch(*watched), std::move(cancelled));
      if (options_.power_interval.count() == 0) continue;
      auto ended = log::thrown_unless_cancelled("node=" + node +
                                                " its BMC is no longer asked for its watts");
      auto bound = asio::bind_cancellation_slot(watched->measure_cancel.slot(), std::move(ended));
      asio::co_spawn(executor_, measure(*watched), std::move(bound));
    }
  }

  asio::awaitable<void> stop() override {
    stopping_ = true;
    for (auto& [node, watched] : watched_) {
      watched->cancel.emit(asio::cancellation_type::terminal);
      watched->measure_cancel.emit(asio::cancellation_type::terminal);
    }
    // All at once: each has this time, and so have all of them.
    std::size_t open = watched_.size();
    asio::steady_timer closed(executor_, Clock::time_point::max());
    for (auto& [node, watched] : watched_) {
      auto ended = [&](const std::exception_ptr& /*unforeseen*/) {
        if (--open == 0) closed.cancel();
      };
      asio::co_spawn(executor_, watched->lane.close(kCloseLimit), std::move(ended));
    }
    if (open > 0) co_await closed.async_wait(kTuple);
  }

  void look_closely(const std::set<NodeName>& nodes) override {
    for (auto& [node, watched] : watched_) {
      const bool closely = nodes.contains(node);
      if (closely && !watched->closely) watched->pause.cancel();
      watched->closely = closely;
    }
  }

  asio::awaitable<Result<void>> power_on(NodeName node) override {
    auto may_send = [] { return Result<void>{}; };
    co_return co_await order(std::move(node), BmcVerb::on, std::nullopt, may_send);
  }

  asio::awaitable<Result<void>> power_off(NodeName node, bool hard, std::string guid,
                                          MaySend may_send) override {
    auto asked = [ask = std::move(may_send), needed = options_.manners.call_limit] {
      if (ask(needed)) return Result<void>{};
      return Result<void>(fail(Errc::conflict, "the Lease does not last for as long as the call"));
    };
    const auto verb = hard ? BmcVerb::off : BmcVerb::soft;
    std::optional<std::string> machine = std::move(guid);
    co_return co_await order(std::move(node), verb, std::move(machine), std::move(asked));
  }

 private:
  asio::awaitable<Result<void>> order(NodeName node, BmcVerb verb, std::optional<std::string> guid,
                                      BmcLane::MaySend may_send) {
    const auto at = watched_.find(node);
    if (at == watched_.end()) {
      co_return fail(Errc::config,
                     "no BMC of " + node + " is configured: [[node]] bmc_address or exec_program");
    }
    Watched& watched = *at->second;
    auto done = co_await watched.lane.order(verb, std::move(guid), std::move(may_send));
    watched.pause.cancel();  // what came of it is read at once
    co_return done;
  }

  asio::awaitable<void> watch(Watched& watched) {
    co_await rest(watched, first_pause());
    while (!stopping_) {
      co_await look(watched);
      co_await rest(watched, watched.closely ? options_.poll_close : options_.poll);
    }
  }

  /// So that not all BMCs are read in the same moment.
  milliseconds first_pause() {
    const auto most = static_cast<std::uint64_t>(options_.poll_close.count());
    return milliseconds(static_cast<std::int64_t>(shared_->random() % (most + 1)));
  }

  asio::awaitable<void> rest(Watched& watched, milliseconds pause) {
    auto until = Clock::now() + pause;
    if (const auto alone = watched.lane.left_alone_until()) until = std::max(until, *alone);
    watched.pause.expires_at(until);
    co_await watched.pause.async_wait(kTuple);
  }

  asio::awaitable<void> look(Watched& watched) {
    const bool old = Clock::now() - watched.guid_read_at > kGuidAgeMax;
    if (!watched.guid || old) {
      const auto guid = co_await watched.lane.read_guid();
      if (!guid) co_return failed(watched, guid.error());
      watched.guid = *guid;
      watched.guid_read_at = Clock::now();
    }
    const auto on = co_await watched.lane.read_power();
    if (!on) co_return failed(watched, on.error());
    watched.on = *on;
    core::BmcSeen seen{watched.node, *on, *watched.guid};
    observe_(std::move(seen));
  }

  /// Only of a machine that is on and stays so: of others its power is the question.
  asio::awaitable<void> measure(Watched& watched) {
    auto pause = first_pause();
    while (!stopping_) {
      watched.measure_pause.expires_after(pause);
      co_await watched.measure_pause.async_wait(kTuple);
      pause = std::min(options_.poll_close, options_.power_interval);
      if (stopping_ || watched.on != true || watched.closely) continue;
      pause = co_await measure_once(watched);
    }
  }

  /// Returns how long it is not asked again.
  asio::awaitable<milliseconds> measure_once(Watched& watched) {
    const auto measured = co_await watched.lane.read_watts();
    core::BmcMeasured fact{watched.node, std::nullopt, "", ""};
    if (measured) {
      fact.power = measured->power;
      fact.source = measured->source;
    } else {
      fact.why = measured.error().message;
    }
    observe_(std::move(fact));
    if (measured || measured.error().code == Errc::refused) co_return options_.power_interval;
    if (measures_nothing(measured.error()))
      co_return std::max(options_.power_interval, milliseconds(kMeasuresNothing));
    watched.on.reset();  // it is read first whether it is well
    co_return options_.power_interval;
  }

  /// Behind its address may be another machine when it answers again.
  void failed(Watched& watched, const Error& error) {
    watched.guid.reset();
    watched.on.reset();
    core::BmcFailed fact{watched.node, error.code, error.message};
    observe_(std::move(fact));
  }

  asio::any_io_executor executor_;
  BmcOptions options_;
  std::shared_ptr<BmcLane::Shared> shared_;
  std::map<NodeName, std::unique_ptr<Watched>> watched_;
  Observe observe_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<ManagementController> make_controller(asio::any_io_executor executor,
                                                      const BmcAccess& access) {
  if (const auto* program = std::get_if<ExecAccess>(&access)) {
    return make_exec_program(std::move(executor), *program);
  }
  if (const auto* redfish = std::get_if<RedfishAccess>(&access)) {
    return make_redfish(std::move(executor), *redfish);
  }
  return make_ipmitool(std::move(executor), std::get<IpmiAccess>(access));
}

std::unique_ptr<BmcControl> make_bmcs(asio::any_io_executor executor, BmcOptions options) {
  std::vector<PasswordSource*> passwords;
  for (auto& [node, access] : options.bmcs) {
    if (auto* password = password_of(access)) passwords.push_back(password);
  }
  take_passwords(passwords);
  return std::make_unique<Bmcs>(executor, std::move(options));
}

}  // namespace ecokube
