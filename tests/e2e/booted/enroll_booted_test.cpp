// Goal: the way of a new machine on a booted Debian: install the package, write two lines of
// configuration, run the command that `ecoctl token create` prints, start the service. It is a node
// until it is revoked, and its key is its own. Method: the coordinator's end is in this process.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "lab/real/debian/booted_debian.h"
#include "tests/contract/enrolment/enrolment_lab.h"
#include "tests/e2e/booted/packaged_machine.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class BootedEnrolment : public EnrolmentLab {
 protected:
  BootedEnrolment()
      : machine(io.get_executor(), make_packaged_disk(disk_dir.path()), machine_name()) {
    must(run(io, machine.boot()));
  }

  std::string said(std::vector<std::string> argv) {
    return must(run(io, machine.run(std::move(argv))));
  }
  std::string journal() { return said({"journalctl", "--no-pager", "--unit=ecokube-agent"}); }
  void configure() {
    std::ofstream(machine.disk() / "etc/ecokube/agent.toml") << fmt::format(
        "node_name = \"worker1\"\nsysfs_root = \"/var/lib/card\"\ncgroup_root = "
        "\"/sys/fs/cgroup\"\n[coordinator]\naddresses = [\"{}\"]\n",
        coordinator_address());
  }
  std::string enroll_here(const std::string& token) {
    return said({"ecokube-agent", "enroll", "--coordinator", coordinator_address(), "--token",
                 token, "--ca-hash", ca_hash});
  }
  bool connects(std::size_t times) {
    return wait_for([&] { return connections_of("worker1") == times; });
  }

  TempDir disk_dir;
  lab::BootedDebian machine;
};

TEST_F(BootedEnrolment, ANewMachineIsANodeUntilItIsRevoked) {
  configure();
  EXPECT_THAT(enroll_here(token().token), HasSubstr("worker1"));
  EXPECT_EQ(said({"stat", "--format=%U %a", "/var/lib/ecokube-agent/agent.key"}),
            "ecokube-agent 600\n");
  said({"systemctl", "start", "ecokube-agent"});
  ASSERT_TRUE(connects(1)) << journal();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); })) << journal();

  ASSERT_TRUE(run(io, enrolment->revoke("worker1", "ann", "disk sold")));
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); })) << journal();
  EXPECT_TRUE(wait_for([&] { return journal().find("disk sold") != std::string::npos; }))
      << journal();

  said({"ecokube-agent", "enroll", "--coordinator", coordinator_address(), "--token",
        token("worker1").token, "--ca-hash", ca_hash, "--force"});
  said({"systemctl", "restart", "ecokube-agent"});
  EXPECT_TRUE(connects(2)) << journal();
}

TEST_F(BootedEnrolment, TheServiceRenewsWhatItEnrolledWith) {
  configure();
  enroll_here(token().token);
  said({"systemctl", "start", "ecokube-agent"});
  ASSERT_TRUE(connects(1)) << journal();
  const auto before = said({"sha256sum", "/var/lib/ecokube-agent/agent.key"});
  said({"systemctl", "stop", "ecokube-agent"});
  // Another CA signs and is believed from now on: the agent must follow it by itself.
  const auto next = make_ca("next-ca");
  believe({ca, next});
  open(&next);
  said({"systemctl", "start", "ecokube-agent"});
  EXPECT_TRUE(wait_for([&] {
    return said({"sha256sum", "/var/lib/ecokube-agent/agent.key"}) != before;
  })) << journal();
  EXPECT_EQ(said({"stat", "--format=%U %a", "/var/lib/ecokube-agent/agent.key"}),
            "ecokube-agent 600\n");
}

}  // namespace
}  // namespace ecokube::test
