// Goal: the last word is the machine's (S20). A coordinator with the right key, whose core has gone
// mad, orders 1,000 machines off: each that has work refuses, whatever its work is. Method: real
// agents over the real link, 50 at a time, each on files of its own; half of them have work, of a
// kind that is drawn.
#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <random>

#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kAgents = 100;
#else
constexpr std::size_t kAgents = 1000;
#endif
constexpr std::size_t kAtOnce = 50;

constexpr const char* kPodUid = "0a1b2c3d-1111-4222-8333-444444444444";

/// Where kubelet puts a pod, by either driver, in each quality of service.
constexpr std::array kPodFolders{
    "kubepods.slice/kubepods-pod0a1b2c3d_1111_4222_8333_444444444444.slice",
    "kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod0a1b2c3d_1111_4222_8333_444444444444.slice",
    "kubepods.slice/kubepods-besteffort.slice/"
    "kubepods-besteffort-pod0a1b2c3d_1111_4222_8333_444444444444.slice",
    "kubepods/pod0a1b2c3d-1111-4222-8333-444444444444",
    "kubepods/burstable/pod0a1b2c3d-1111-4222-8333-444444444444",
    "kubelet.slice/kubelet-kubepods.slice/"
    "kubelet-kubepods-pod0a1b2c3d_1111_4222_8333_444444444444.slice"};

struct Machine {
  TempDir dir;
  std::optional<AgentProcess> agent;
  std::string work;  ///< empty: none
  std::vector<std::string> may_remain;
  std::optional<Result<void>> answer;
};

class ThousandAgents : public LinkTest {
 protected:
  ThousandAgents() {
    const auto& made = Certificates::get();
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      names_.push_back(fmt::format("many{}", i));
      lab::CertificateWish wish;
      wish.file_stem = names_.back();
      wish.sans = {"URI:ecokube://node/" + names_.back()};
      files_.push_back(must(lab::make_certificate(dir.path(), made.ca, wish)));
    }
    start_server(server_options());
  }

  std::size_t draw(std::size_t below) { return random_() % below; }

  void give_pod(Machine& machine, const std::string& events) {
    const std::string folder = kPodFolders.at(draw(kPodFolders.size()));
    machine.dir.write("sys/fs/cgroup/" + folder + "/cgroup.events", events);
  }
  void give_work(Machine& machine) {
    switch (draw(5)) {
      case 0:
        machine.work = "a pod";
        give_pod(machine, "populated 1\nfrozen 0\n");
        break;
      case 1:
        machine.work = "a pod beside one that may remain";
        give_pod(machine, "populated 1\n");
        machine.may_remain = {"another"};
        machine.dir.write("sys/fs/cgroup/kubepods/podanother/cgroup.events", "populated 1\n");
        break;
      case 2:
        machine.work = "a cgroup that nobody can read";
        fs::create_directories(machine.dir / "sys/fs/cgroup/kubepods/pododd/cgroup.events");
        break;
      case 3:
        machine.work = "a unit that keeps it on";
        machine.dir.write("sys/fs/cgroup/system.slice/backup.service/cgroup.events",
                          "populated 1\n");
        break;
      default:
        machine.work = "root's word that it never goes off";
        machine.dir.write("limits.toml", "never_off = true\n");
    }
  }
  void give_no_work(Machine& machine) {
    switch (draw(3)) {
      case 0: break;
      case 1: give_pod(machine, "populated 0\n"); break;
      default: give_pod(machine, "populated 1\n"); machine.may_remain = {kPodUid};
    }
  }

  /// Takes in what came since the last call: there are too many heartbeats to look at all of them
  /// after each.
  void take_news() {
    for (const auto& fact : facts) {
      if (const auto* beat = std::get_if<core::AgentHeartbeat>(&fact)) {
        last_heartbeat_[beat->node] = beat->sequence;
      }
      if (std::holds_alternative<core::AgentConnected>(fact)) ++connected_;
      if (std::holds_alternative<core::AgentDisconnected>(fact)) --connected_;
    }
    facts.clear();
  }
  void order(Machine& machine, const NodeName& name, std::uint64_t heartbeat) {
    core::Step step{{name, core::Verb::shutdown, 1, ++attempt_},
                    core::ShutdownNode{heartbeat, machine.may_remain},
                    {"Idle", "nothing runs here"},
                    1};
    boost::asio::co_spawn(io, server->shutdown(step),
                          [&machine](const std::exception_ptr& error, Result<void> answer) {
                            machine.answer = error ? fail(Errc::io, "an exception") : answer;
                          });
  }
  void check(Machine& machine) {
    const bool off = wait_or_not(machine);
    if (machine.work.empty()) {
      ++went_;
      EXPECT_TRUE(*machine.answer) << machine.answer->error().message;
      EXPECT_TRUE(off) << machine.agent->log();
    } else {
      ++stayed_;
      EXPECT_FALSE(*machine.answer) << machine.work;
      EXPECT_FALSE(off) << machine.work;
    }
  }
  /// A machine that said yes needs a moment to go.
  bool wait_or_not(Machine& machine) {
    const auto gone = [&] { return fs::exists(machine.agent->action_file()); };
    return *machine.answer ? wait_for(gone) : gone();
  }
  void order_all_off();

  std::mt19937 random_{20};
  std::vector<NodeName> names_;
  std::vector<lab::CertificateFiles> files_;
  std::map<NodeName, std::uint64_t> last_heartbeat_;
  int connected_ = 0;
  std::int64_t attempt_ = 0;
  std::size_t went_ = 0, stayed_ = 0;
};

void ThousandAgents::order_all_off() {
  last_heartbeat_.clear();
  std::vector<std::unique_ptr<Machine>> machines;
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    auto& machine = *machines.emplace_back(std::make_unique<Machine>());
    machine.agent.emplace(io, machine.dir, server->port());
    machine.agent->node_name = names_[i];
    machine.agent->files = files_[i];
    if (draw(2) == 0) {
      give_work(machine);
    } else {
      give_no_work(machine);
    }
    machine.agent->start();
  }
  ASSERT_TRUE(wait_for([&] {
    take_news();
    return last_heartbeat_.size() == kAtOnce;
  }));
  const auto last = last_heartbeat_;
  for (std::size_t i = 0; i < kAtOnce; ++i) order(*machines[i], names_[i], last.at(names_[i]));
  ASSERT_TRUE(wait_for([&] {
    return std::ranges::all_of(machines, [](const auto& one) { return one->answer.has_value(); });
  }));
  for (const auto& machine : machines) check(*machine);
  // The next ones have the same names: nothing of these may be taken for theirs.
  machines.clear();
  ASSERT_TRUE(wait_for([&] {
    take_news();
    return connected_ == 0;
  }));
}

TEST_F(ThousandAgents, EveryOneWithWorkRefuses) {
  for (std::size_t done = 0; done < kAgents && !HasFatalFailure(); done += kAtOnce) {
    order_all_off();
  }
  EXPECT_EQ(went_ + stayed_, kAgents);
  EXPECT_GT(went_, kAgents / 4);
  EXPECT_GT(stayed_, kAgents / 4);
  fmt::print("{} machines went off, {} with work refused\n", went_, stayed_);
}

}  // namespace
}  // namespace ecokube::test
