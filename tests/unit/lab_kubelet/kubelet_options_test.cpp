#include "lab/kubelet/kubelet_options.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

TEST(KubeletOptions, ReadsLabelsAndTaints) {
  const auto label = parse_label("kind=worker");
  ASSERT_TRUE(label);
  EXPECT_EQ(*label, (std::pair<std::string, std::string>("kind", "worker")));
  EXPECT_EQ(parse_label("node-role.kubernetes.io/control-plane=")->second, "");
  EXPECT_EQ(parse_label("kind").error().code, Errc::config);

  const auto taint = parse_taint("dedicated=video:NoSchedule");
  ASSERT_TRUE(taint);
  EXPECT_EQ(*taint, (core::Taint{"dedicated", "video", "NoSchedule"}));
  const auto bare = parse_taint("node-role.kubernetes.io/control-plane:NoSchedule");
  ASSERT_TRUE(bare);
  EXPECT_EQ(*bare, (core::Taint{"node-role.kubernetes.io/control-plane", "", "NoSchedule"}));
  EXPECT_EQ(parse_taint("a=b:Sometimes").error().code, Errc::config);
  EXPECT_EQ(parse_taint("a=b").error().code, Errc::config);
  EXPECT_EQ(parse_taint("=b:NoSchedule").error().code, Errc::config);
}

TEST(KubeletOptions, NamesTheOptionThatIsWrong) {
  KubeletOptions options;
  options.node_name = "worker1";
  EXPECT_TRUE(check(options));
  options.cpu = "many";
  ASSERT_FALSE(check(options));
  EXPECT_NE(check(options).error().message.find("--cpu many"), std::string::npos);
  options.cpu = "1300m";
  options.memory = "";
  EXPECT_FALSE(check(options));
  options.memory = "2Gi";
  options.node_name = "Worker 1";
  EXPECT_FALSE(check(options));
}

TEST(KubeletOptions, ReadsTheBootIdBelowTheRoot) {
  const test::TempDir dir;
  EXPECT_EQ(read_boot_id(dir.path()).error().code, Errc::config);
  dir.write("sys/kernel/random/boot_id", "b-1\n");
  EXPECT_EQ(read_boot_id(dir.path()).value(), "b-1");
}

}  // namespace
}  // namespace ecokube::lab
