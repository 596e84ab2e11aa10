// Goal: a node that sleeps is there again for a pod that needs it, and each part of its way back
// takes the time that is written in docs/power-control.md. Method: a real control plane, the
// coordinator, and an emulated machine with a real kernel, with the agent's package and, in place
// of a kubelet, its double.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "common/json_find.h"
#include "tests/e2e/vm/wake_moments.h"

namespace ecokube::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
constexpr const char* kPod = "work";

class WakeOfVm : public testing::Test {
 protected:
  explicit WakeOfVm(bool with_bmc = false) : lab(with_bmc) {}
  void TearDown() override {
    if (HasFailure()) std::fputs(lab.account().c_str(), stderr);
  }

  void boots() {
    ASSERT_TRUE(lab.machine().switch_on());
    ASSERT_TRUE(
        lab.becomes([&] { return lab.told("state", "Ready").has_value(); }, lab.kBootLimit));
  }
  using Told = std::vector<std::pair<const char*, const char*>>;
  /// In this order, from event number `from` on.
  void expect_told(std::size_t from, const Told& events) {
    for (const auto& [kind, what] : events) {
      const auto at = lab.told(kind, what, from);
      ASSERT_TRUE(at) << kind << " " << what;
      from = *at + 1;
    }
  }
  void expect_told_up(std::size_t from) {
    expect_told(lab.told("step", "wake", from).value(),
                {{"state", "PoweringUp"}, {"step", "unmark"}, {"state", "Ready"}});
  }
  void expect_kept_free() {
    const auto node = lab.kube_node();
    EXPECT_TRUE(node.unschedulable);
    EXPECT_TRUE(has_our_taint(node));
  }
  /// It was woken, in the coordinator's words.
  [[nodiscard]] std::string why(std::size_t from) const {
    const auto& wake = lab.events()[lab.told("step", "wake", from).value()];
    return std::string(find_text(wake, {"text"}));
  }
  [[nodiscard]] std::string boot_id() { return lab.kube_node().boot_id; }
  /// In the test's record and as one line.
  void report(const std::string& name, const WakeMoments& moments) {
    const auto seconds = [](Duration time) {
      return fmt::format("{:.2f}", std::chrono::duration<double>(time).count());
    };
    std::string line;
    for (const auto& part : parts_of(moments)) {
      EXPECT_LE(part.from, part.to) << part.name;
      RecordProperty(part.name + ", s", seconds(part.to - part.from));
      line += fmt::format("{}{} {} s", line.empty() ? "" : ", ", part.name,
                          seconds(part.to - part.from));
    }
    fmt::print("{}: {}\n", name, line);
  }

  WakeLab lab;
};

TEST_F(WakeOfVm, APodThatFitsNowhereHasItsNodeBackByAPacket) {
  ASSERT_NO_FATAL_FAILURE(boots());
  const auto proven = [&] { return lab.wake_proof().starts_with("wol "); };
  ASSERT_TRUE(lab.becomes(proven, lab.kDownLimit + lab.kBootLimit)) << "by its pool";

  const auto sleeps = [&] { return lab.state() == "PoweredDown" && !lab.machine().runs(); };
  ASSERT_TRUE(lab.becomes(sleeps, lab.kDownLimit));
  EXPECT_EQ(lab.exit_code(), 0) << "its kernel powered it off";
  expect_told(lab.told("step", "unmark").value(), {{"step", "mark"},
                                                   {"state", "Draining"},
                                                   {"step", "shutdown"},
                                                   {"state", "PoweringDown"},
                                                   {"state", "PoweredDown"}});
  expect_kept_free();
  const auto not_ready = [&] { return lab.kube_node().ready != core::Readiness::ready; };
  ASSERT_TRUE(lab.becomes(not_ready, lab.kDownLimit));

  const auto old_boot = boot_id();
  const auto before_wake = lab.events().size();
  const auto packets = lab.machine().magic_packets_seen();
  lab.create_pod(kPod);
  ASSERT_TRUE(lab.becomes([&] { return lab.pod(kPod).unschedulable; }, lab.kDownLimit));
  const auto moments = follow_wake(lab, before_wake, old_boot, kPod);
  expect_told_up(before_wake);
  EXPECT_THAT(why(before_wake), HasSubstr("pod default/work"));
  EXPECT_GT(lab.machine().magic_packets_seen(), packets);
  EXPECT_EQ(moments.boot_id, boot_id());
  EXPECT_NE(moments.boot_id, old_boot);
  report("woken by a packet", moments);
}

class WakeOfDeafVm : public WakeOfVm {
 protected:
  WakeOfDeafVm() : WakeOfVm(true) {}
};

TEST_F(WakeOfDeafVm, WhereNoPacketHelpsTheBmcSwitchesItOn) {
  lab.machine().set_card_armed(false);
  ASSERT_NO_FATAL_FAILURE(boots());
  const auto old_boot = boot_id();
  const auto booted = lab.told("state", "Ready").value() + 1;
  // It is put down to show that it wakes.
  ASSERT_TRUE(lab.becomes([&] { return !lab.machine().runs(); }, lab.kDownLimit));
  EXPECT_EQ(lab.bmc_orders(), "");
  const auto packets = lab.machine().magic_packets_seen();
  lab.create_pod(kPod);
  const auto moments = follow_wake(lab, booted, old_boot, kPod);
  expect_told_up(booted);
  EXPECT_GT(lab.machine().magic_packets_seen(), packets) << "they were tried first";
  EXPECT_EQ(lab.bmc_orders(), "set power 1\n");
  EXPECT_GE(moments.powered - moments.decided, lab.kPacketTime);
  EXPECT_THAT(lab.wake_proof(), StartsWith("ipmi "));
  report("woken by its BMC", moments);
}

}  // namespace
}  // namespace ecokube::test
