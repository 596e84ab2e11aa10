#include "cli/offline_wake.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "cli/bmc_wake.h"
#include "cli/wake_bundle.h"
#include "common/log.h"
#include "coordinator/power/wake_on_lan.h"

namespace ecokube::cli {
namespace {

namespace asio = boost::asio;

// A packet may be lost, or reach a machine that is still going down. Those that the first packet
// reached start no more, so the other rounds may hurry.
constexpr int kRounds = 3;
constexpr std::chrono::milliseconds kHurry{20};
constexpr std::chrono::milliseconds kMinute{60'000};

class PacketWake {
 public:
  PacketWake(asio::io_context& io, std::chrono::milliseconds every, std::vector<BundleNode> nodes)
      : timer_(io),
        power_(make_wake_on_lan(io.get_executor())),
        every_(every),
        nodes_(std::move(nodes)) {}

  asio::awaitable<void> send_all() {
    for (int round = 1; round <= kRounds; ++round) {
      const bool first = round == 1;
      for (const auto& node : nodes_) co_await send(node, first, first ? every_ : kHurry);
    }
  }
  [[nodiscard]] const std::set<NodeName>& failed() const { return failed_; }

 private:
  asio::awaitable<void> send(const BundleNode& node, bool first, std::chrono::milliseconds after) {
    if (failed_.contains(node.node)) co_return;
    if (started_) {
      timer_.expires_after(after);
      co_await timer_.async_wait(asio::use_awaitable);
    }
    started_ = true;
    const auto secure_on = power_->secure_on_of(node.order);
    const auto sent = co_await power_->wake(node.order, secure_on);
    if (!sent) {
      failed_.insert(node.node);
      std::cerr << "ecoctl: " << node.node << ": " << sent.error().message << std::endl;
    } else if (first) {
      std::cout << node.node << ": a packet to " << node.order.address << std::endl;
    }
  }

  asio::steady_timer timer_;
  std::unique_ptr<PowerControl> power_;
  std::chrono::milliseconds every_;
  std::vector<BundleNode> nodes_;
  std::set<NodeName> failed_;
  bool started_ = false;
};

/// Returns those that could not be sent one.
std::set<NodeName> send_packets(asio::io_context& io, std::chrono::milliseconds every,
                                std::vector<BundleNode> nodes) {
  const auto count = nodes.size();
  if (count == 0) return {};
  PacketWake work(io, every, std::move(nodes));
  std::exception_ptr thrown;
  asio::co_spawn(io, work.send_all(), [&](const std::exception_ptr& error) { thrown = error; });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  std::cout << "Packets were sent to " << count - work.failed().size() << " of " << count
            << " nodes. Nothing answers them: look whether the machines come up." << std::endl;
  return work.failed();
}

/// Returns those that are not on by it.
std::set<NodeName> ask_bmcs(asio::io_context& io, std::chrono::milliseconds every,
                            std::vector<BundleNode> nodes, bool after_packets) {
  const auto count = nodes.size();
  if (count == 0) return {};
  BmcWake work(io, every);
  auto failed =
      work.switch_on(std::move(nodes), after_packets ? every : std::chrono::milliseconds(0));
  std::cout << count - failed.size() << " of " << count
            << " BMCs took the order, or say that the machine is on." << std::endl;
  return failed;
}

}  // namespace

int wake_offline(const Command& command) {
  // What goes out is told here, in fewer words.
  if (auto logging = log::start("ecoctl", "warning"); !logging) return kExitFailed;
  const auto nodes = wanted_nodes(command);
  if (!nodes) {
    std::cerr << "ecoctl: " << nodes.error().message << "\n";
    return kExitFailed;
  }
  std::vector<BundleNode> by_packet, by_bmc;
  std::size_t left_out = 0;
  for (const auto& node : *nodes) {
    // Where neither is known, the packet says so.
    if (node.has_packet() || !node.bmc) by_packet.push_back(node);
    if (!node.bmc) continue;
    const bool asked = command.bmc || node.only_by_bmc();
    if (asked) by_bmc.push_back(node);
    if (!asked) ++left_out;
  }
  const auto every = kMinute / command.rate_per_min;
  asio::io_context io(1);
  auto failed = send_packets(io, every, by_packet);
  // What a BMC says counts, not a packet that nobody answers.
  for (const auto& node : by_bmc) failed.erase(node.node);
  failed.merge(ask_bmcs(io, every, by_bmc, !by_packet.empty()));
  if (left_out > 0) {
    std::cout << left_out << " of them have a BMC, too: with --bmc it is told to switch on.\n";
  }
  if (command.bmc && by_bmc.empty()) {
    std::cout << "No BMC of theirs is in " << command.bundle.string() << ".\n";
  }
  return failed.empty() ? kExitOk : kExitFailed;
}

}  // namespace ecokube::cli
