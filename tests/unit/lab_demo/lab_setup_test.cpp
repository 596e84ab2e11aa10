// Goal: what the demo writes is what the programs accept, and it never empties a folder that is not
// a lab's.
#include "lab/demo/lab_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "coordinator/config.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "lab/demo/clip.h"
#include "lab/demo/lab_layout.h"
#include "lab/machine/machine_config.h"
#include "node-agent/config.h"
#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class LabSetup : public testing::Test {
 protected:
  LabSetup() {
    for (const char* name : {"ecokube-agent", "ecokube-coordinator", "ecoctl", "eco-upload",
                             "eco-worker", "lab-broker", "lab-kubernetes", "lab-kubelet",
                             "lab-scheduler", "lab-deployments", "lab-machine", "lab-power"}) {
      dir_.write(std::string("bin/") + name, "");
    }
    options_.folder = dir_ / "lab";
    options_.programs = dir_ / "bin";
    options_.network = 77;
    options_.run.boot_s = 0.5;
  }

  test::TempDir dir_;
  DemoOptions options_;
};

TEST_F(LabSetup, ProgramsAcceptTheirConfigurations) {
  const LabLayout lab(options_);
  const auto made = set_up_lab(lab, options_.run);
  ASSERT_TRUE(made) << made.error().message;

  const auto machine = read_machine_config(lab.machine("worker1") / "machine.toml");
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(machine->wake.host, "127.0.77.11");
  EXPECT_EQ(machine->settings.boot, std::chrono::milliseconds(500));
  ASSERT_EQ(machine->programs.size(), 2U);

  const auto agent = agent::read_config(lab.machine("worker1") / "agent.toml");
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_EQ(agent->node_name, "worker1");
  EXPECT_EQ(agent->wake_address, "127.0.77.11:40009");
  EXPECT_THAT(agent->action, ElementsAre((dir_ / "bin/lab-power").string(), "off", "--machine",
                                         lab.machine("worker1").string()));

  const auto written = write_coordinator_config(lab, options_.run, "127.0.0.1:1234");
  ASSERT_TRUE(written) << written.error().message;
  const auto coordinator = read_coordinator_config(lab.coordinator_config());
  ASSERT_TRUE(coordinator) << coordinator.error().message;
  ASSERT_EQ(coordinator->policy.pools.size(), 1U);
  EXPECT_EQ(coordinator->policy.pools[0].unneeded_time, Duration(0));
  ASSERT_EQ(coordinator->policy.scalers.size(), 1U);
  EXPECT_EQ(coordinator->policy.scalers[0].max_replica_count, 10);

  struct stat tokens{};
  ASSERT_EQ(::stat(lab.tokens().c_str(), &tokens), 0);
  EXPECT_EQ(tokens.st_mode & 0077, 0U) << "tokens are nobody else's";
  const auto admin = kubernetes::read_kubeconfig(lab.kubeconfig("admin"));
  ASSERT_TRUE(admin) << admin.error().message;
  EXPECT_EQ(admin->host, "127.0.77.1");
}

TEST_F(LabSetup, ARealControlPlaneMakesTheTokensAndKubeconfigs) {
  options_.real_kubernetes = dir_ / "kubernetes";
  const LabLayout real(options_);
  const auto refused = set_up_lab(real, options_.run);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("lab-control-plane is missing"));

  dir_.write("bin/lab-control-plane", "");
  dir_.write("bin/lab-witness", "");
  std::filesystem::remove(dir_ / "bin/lab-kubernetes");  // nobody needs it
  const auto made = set_up_lab(real, options_.run);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(std::filesystem::exists(real.tokens()));
  EXPECT_THAT(real.kubeconfig("kubelet-worker1").string(),
              StartsWith(real.control_plane().string()));
  const auto machine = read_machine_config(real.machine("worker1") / "machine.toml");
  ASSERT_TRUE(machine) << machine.error().message;
  ASSERT_EQ(machine->programs.size(), 2U);
  EXPECT_THAT(machine->programs[1].argv, Contains(real.kubeconfig("kubelet-worker1").string()));
}

TEST_F(LabSetup, ARealBrokerTakesThePlaceOfTheEmbeddedOne) {
  options_.real_kafka = dir_ / "jars";
  const LabLayout real(options_);
  const auto refused = set_up_lab(real, options_.run);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("lab-kafka is missing"));

  dir_.write("bin/lab-kafka", "");
  std::filesystem::remove(dir_ / "bin/lab-broker");  // nobody needs it
  const auto made = set_up_lab(real, options_.run);
  EXPECT_TRUE(made) << made.error().message;
}

TEST_F(LabSetup, TheDeadWorkerBootsForItsProofAndFasterThanTheOther) {
  options_.run.dead_worker = true;
  const LabLayout lab(options_);
  ASSERT_TRUE(set_up_lab(lab, options_.run));
  const auto dead = read_machine_config(lab.machine(kDeadWorker) / "machine.toml");
  const auto other = read_machine_config(lab.machine("worker1") / "machine.toml");
  ASSERT_TRUE(dead && other);
  EXPECT_EQ(dead->settings.boots_max, 2);
  EXPECT_GT(other->settings.boots_max, 1'000'000);
  EXPECT_LT(dead->settings.boot_slow_factor, other->settings.boot_slow_factor);
}

TEST_F(LabSetup, ALabsFolderIsEmptiedAndNoOther) {
  const LabLayout lab(options_);
  ASSERT_TRUE(set_up_lab(lab, options_.run));
  dir_.write("lab/left-over", "");
  ASSERT_TRUE(set_up_lab(lab, options_.run));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "lab/left-over"));

  dir_.write("home/thesis.txt", "years of work");
  options_.folder = dir_ / "home";
  const LabLayout wrong(options_);
  const auto refused = set_up_lab(wrong, options_.run);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("no lab's folder"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "home/thesis.txt"));
}

TEST_F(LabSetup, AMissingProgramIsNamed) {
  std::filesystem::remove(dir_ / "bin/lab-power");
  const LabLayout lab(options_);
  const auto refused = set_up_lab(lab, options_.run);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("lab-power is missing"));
}

TEST_F(LabSetup, AFolderTooDeepForSocketsIsRefused) {
  options_.folder = dir_ / std::string(100, 'x');
  const LabLayout lab(options_);
  const auto refused = set_up_lab(lab, options_.run);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("too long for the Unix sockets"));
}

TEST(Clip, IsAVideoBelow50kB) {
  const std::string clip = make_clip();
  EXPECT_THAT(clip, StartsWith("YUV4MPEG2 W64 H48 "));
  EXPECT_GT(clip.size(), 10'000U);
  EXPECT_LT(clip.size(), 50'000U);
}

}  // namespace
}  // namespace ecokube::lab
