// Goal: each service that we ship is confined, and has no right but those named here. Method: as
// systemd-analyze rates its file, without a systemd that runs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// The capabilities that each may have.
const std::map<std::string, std::string> kRights = {{"ecokube-agent.service", ""},
                                                    {"ecokube-bmc-info@.service", ""},
                                                    {"ecokube-kubelet-cert@.service", ""},
                                                    {"ecokube-nic-arm@.service", "CAP_NET_ADMIN"},
                                                    {"ecokube-raw-wake@.service", "CAP_NET_RAW"},
                                                    {"ecokube-rtc-alarm@.service", ""}};

std::vector<fs::path> services() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(ECOKUBE_SOURCES) / "systemd")) {
    if (entry.path().extension() == ".service") found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> values(const fs::path& unit, const std::string& key) {
  std::vector<std::string> found;
  std::ifstream in(unit);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key + "=")) found.push_back(line.substr(key.size() + 1));
  }
  return found;
}

TEST(Units, HaveTheRightsThatTheyNeedAndNoMore) {
  EXPECT_EQ(services().size(), kRights.size());
  for (const auto& unit : services()) {
    const auto rights = kRights.find(unit.filename());
    ASSERT_NE(rights, kRights.end()) << unit << " is new: name its rights here";
    EXPECT_EQ(values(unit, "CapabilityBoundingSet"), std::vector{rights->second}) << unit;
    EXPECT_EQ(values(unit, "NoNewPrivileges"), std::vector<std::string>{"yes"}) << unit;
  }
}

TEST(Units, AreConfined) {
  if (std::system("systemd-analyze --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "there is no systemd-analyze on this machine";
  }
  for (const auto& unit : services()) {
    // Times ten.
    const std::string rate = "systemd-analyze security --offline=true --no-pager --threshold=18 ";
    EXPECT_EQ(std::system((rate + "'" + unit.string() + "' >/dev/null 2>&1").c_str()), 0)
        << "is above 1.8: " << unit;
  }
}

}  // namespace
