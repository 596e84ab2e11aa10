#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/ports.h"

// Ports that do nothing and tell what was asked of them.
namespace ecokube::test {

namespace asio = boost::asio;
using core::Revision;
using core::Step;

class FakeCluster final : public ClusterApi {
 public:
  int marks = 0;
  int binds = 0;
  int taints = 0;
  bool claimed = true;
  void start(Observe /*observe*/) override {}
  asio::awaitable<void> stop() override { co_return; }
  asio::awaitable<Result<Revision>> mark(const Step& /*step*/) override {
    ++marks;
    co_return Revision{7};
  }
  asio::awaitable<Result<Revision>> unmark(const Step& /*step*/) override { co_return Revision{7}; }
  std::function<void()> at_claim = [] {};
  asio::awaitable<Result<Revision>> claim(const Step& /*step*/) override {
    at_claim();
    if (claimed) co_return Revision{8};
    co_return fail(Errc::conflict, "the Node changed");
  }
  asio::awaitable<Result<Revision>> set_service(const Step& /*step*/) override {
    ++taints;
    co_return Revision{7};
  }
  asio::awaitable<Result<Revision>> annotate(const Step& /*step*/) override {
    co_return Revision{7};
  }
  asio::awaitable<Result<ListedPods>> list_pods(const NodeName& /*node*/,
                                                Revision /*min_revision*/) override {
    co_return ListedPods();
  }
  asio::awaitable<Result<void>> evict(const core::EvictPods& /*pods*/) override {
    co_return Result<void>();
  }
  asio::awaitable<Result<Revision>> soft_taint(const Step& /*step*/) override {
    co_return Revision{7};
  }
  asio::awaitable<Result<void>> bind(const core::BindPod& /*pod*/) override {
    ++binds;
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> report(const core::ReportUnschedulable& /*pod*/) override {
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> record_freeze(const std::string& /*text*/) override {
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> scale(const core::ScaleWorkload& /*target*/) override {
    co_return Result<void>();
  }
};

class FakePower final : public PowerControl {
 public:
  int packets = 0;
  bool reachable = true;
  Result<std::optional<SecureOn>> secure_on = std::optional<SecureOn>();
  Result<std::optional<SecureOn>> given = std::optional<SecureOn>();  ///< to the last packets
  Result<std::optional<SecureOn>> secure_on_of(const core::WakeNode& /*target*/) override {
    return secure_on;
  }
  asio::awaitable<Result<void>> wake(const core::WakeNode& /*target*/,
                                     const Result<std::optional<SecureOn>>& handed) override {
    ++packets;
    given = handed;
    if (!reachable) co_return fail(Errc::unreachable, "no route");
    co_return Result<void>();
  }
};

class FakeBmcs final : public BmcControl {
 public:
  std::vector<NodeName> switched_on;
  void start(Observe /*observe*/) override {}
  asio::awaitable<void> stop() override { co_return; }
  int decisions = 0;  ///< each tells whom to look at closely
  void look_closely(const std::set<NodeName>& /*nodes*/) override { ++decisions; }
  std::vector<NodeName> switched_off;
  static constexpr std::chrono::milliseconds kCall{8000};
  asio::awaitable<Result<void>> power_off(NodeName node, bool /*hard*/, std::string /*guid*/,
                                          MaySend may_send) override {
    if (!may_send(kCall)) co_return fail(Errc::conflict, "too late");
    switched_off.push_back(std::move(node));
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> power_on(NodeName node) override {
    switched_on.push_back(std::move(node));
    co_return Result<void>();
  }
};

class FakeAgents final : public AgentLink {
 public:
  int orders = 0;
  Result<void> start(Observe /*observe*/) override { return {}; }
  asio::awaitable<void> stop() override { co_return; }
  asio::awaitable<Result<void>> shutdown(const Step& /*step*/) override {
    ++orders;
    co_return Result<void>();
  }
  std::vector<core::Relay> relayed;
  RelayedPackets packets;  ///< of the last one
  bool connected = true;
  Result<void> relay(const core::Relay& by, const RelayedPackets& handed) override {
    if (!connected) return fail(Errc::unreachable, "it is gone");
    relayed.push_back(by);
    packets = handed;
    return {};
  }
};

/// A journal that takes its time: `meanwhile` happens before it is written.
class FakeStore final : public Store {
 public:
  int intents = 0;
  std::string outcome;
  std::function<void()> meanwhile = [] {};
  Result<core::Recovered> recover() override { return core::Recovered{}; }
  asio::awaitable<Result<void>> write_intent(const Step& /*step*/, TimePoint /*at*/) override {
    meanwhile();
    ++intents;
    co_return Result<void>();
  }
  void write_outcome(const core::StepId& /*id*/, const std::string& text,
                     TimePoint /*at*/) override {
    outcome = text;
  }
  void remember(const core::RememberedNode& /*node*/) override {}
};

}  // namespace ecokube::test
