// Goal: the real programs: a packet boots the machine, its programs start, pods alive at power-off
// are written down, everything below it dies with the power, and nothing is left behind.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <functional>
#include <sstream>

#include "lab/machine/power_socket.h"
#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

using namespace std::chrono_literals;
using test::read_text;
using test::TempDir;

constexpr std::chrono::milliseconds kAskLimit{5000};

/// Until `done`, for at most 20 s.
bool eventually(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

pid_t start(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

int wait_for_end(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// A UDP port that was free a moment ago.
std::uint16_t free_port(const char* address) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  ::inet_pton(AF_INET, address, &name.sin_addr);
  socklen_t size = sizeof name;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  ::close(fd);
  return ntohs(name.sin_port);
}

class LabMachine : public testing::Test {
 protected:
  static constexpr const char* kAddress = "127.0.77.11";

  void SetUp() override {
    port_ = free_port(kAddress);
    dir_.write("machine.toml", fmt::format(R"(
name = "worker1"
truth_log = "{0}/truth.jsonl"
boot_s = 0.1
die_s = 0.1
starts_on = false
[wake]
address = "{1}:{2}"
mac = "02:00:00:00:10:11"
[[program]]
name = "kubelet"
# The pod's process leaves its parent, ignores SIGTERM and is in a session of its own.
argv = ["/bin/sh", "-c", """
  ECOKUBE_LAB_POD=uid-1 ECOKUBE_LAB_POD_CPU_MILLICORES=650 setsid sh -c \
    'trap "" TERM; echo $$ > {0}/pod.pid.new; mv {0}/pod.pid.new {0}/pod.pid; sleep 600; :' &
  exec sleep 600"""]
output = "{0}/kubelet.log"
)",
                                           dir_.path().string(), kAddress, port_));
    machine_ = start({LAB_MACHINE_PROGRAM, "--config", dir_ / "machine.toml"});
    ASSERT_TRUE(eventually([&] { return power("status") == "off"; }));
  }

  void TearDown() override {
    if (machine_ > 0) {
      ::kill(machine_, SIGTERM);
      EXPECT_EQ(wait_for_end(machine_), 0);
    }
  }

  std::string power(std::string_view word) {
    auto answer = ask_machine(dir_.path(), word, kAskLimit);
    return answer ? *answer : answer.error().message;
  }

  void send(const std::string& bytes) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port_);
    ::inet_pton(AF_INET, kAddress, &name.sin_addr);
    EXPECT_EQ(::sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&name),
                       sizeof name),
              static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }

  static std::string packet(char last_byte) {
    std::string bytes(6, '\xff');
    for (int i = 0; i < 16; ++i) bytes += std::string("\x02\0\0\0\x10", 5) + last_byte;
    return bytes;
  }

  std::vector<boost::json::object> events(std::string_view name) {
    std::vector<boost::json::object> found;
    std::istringstream lines(read_text(dir_ / "truth.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      auto event = boost::json::parse(line).as_object();
      if (event.at("event").as_string() == name) found.push_back(std::move(event));
    }
    return found;
  }

  pid_t pod_pid() {
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir_ / "pod.pid"); }));
    return std::stoi(read_text(dir_ / "pod.pid"));
  }

  TempDir dir_;
  std::uint16_t port_ = 0;
  pid_t machine_ = 0;
};

TEST_F(LabMachine, PacketBootsItAndPowerOffKillsWhatIsBelow) {
  send(packet('\x12'));
  send("short");
  ASSERT_TRUE(eventually([&] { return events("packet_invalid").size() == 2; }));
  EXPECT_EQ(power("status"), "off");
  EXPECT_TRUE(events("packet_valid").empty());

  send(packet('\x11'));
  ASSERT_TRUE(eventually([&] { return power("status") == "on"; }));
  const std::string boot_id = read_text(dir_ / "proc/sys/kernel/random/boot_id");
  EXPECT_EQ(boot_id,
            fmt::format("{}\n", events("boot_done").at(0).at("boot_id").as_string().c_str()));
  EXPECT_EQ(read_text(dir_ / "sys/class/net/eth0/operstate"), "up\n");
  const pid_t pod = pod_pid();
  ASSERT_TRUE(eventually([&] {
    return std::stoull(read_text(dir_ / "sys/class/powercap/intel-rapl:0/energy_uj")) > 0;
  }));

  // The button answers before anything is killed, as an agent's power-off command needs it.
  EXPECT_EQ(wait_for_end(start({LAB_POWER_PROGRAM, "off", "--machine", dir_.path()})), 0);
  ASSERT_TRUE(eventually([&] { return power("status") == "off"; }));
  EXPECT_NE(::kill(pod, 0), 0) << "the pod survived the power-off";
  for (const char* event : {"power_off_asked", "powered_off"}) {
    const auto seen = events(event);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].at("pods_alive"), boost::json::value(boost::json::array{"uid-1"})) << event;
  }

  EXPECT_EQ(power("on"), "booting");
  ASSERT_TRUE(eventually([&] { return power("status") == "on"; }));
  EXPECT_NE(read_text(dir_ / "proc/sys/kernel/random/boot_id"), boot_id);
}

TEST_F(LabMachine, ACrashKillsAtOnceAndUnarmedItStaysOff) {
  power("on");
  ASSERT_TRUE(eventually([&] { return power("status") == "on"; }));
  const pid_t pod = pod_pid();
  dir_.write("sys/class/net/eth0/device/power/wakeup", "disabled\n");
  EXPECT_EQ(power("crash"), "off");
  EXPECT_NE(::kill(pod, 0), 0);
  EXPECT_EQ(events("powered_off").at(0).at("cause").as_string(), "cut");
  send(packet('\x11'));
  ASSERT_TRUE(eventually([&] { return events("lost_packet").size() == 1; }));
  EXPECT_EQ(events("lost_packet")[0].at("why").as_string(), "not armed");
  EXPECT_EQ(power("status"), "off");
}

TEST_F(LabMachine, NothingIsLeftWhenItEnds) {
  power("on");
  const pid_t pod = pod_pid();
  ::kill(machine_, SIGTERM);
  EXPECT_EQ(wait_for_end(machine_), 0);
  machine_ = 0;
  EXPECT_NE(::kill(pod, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "power.sock"));
}

TEST_F(LabMachine, ABusyWakePortIsOneClearSentence) {
  const pid_t second =
      start({"/bin/sh", "-c",
             fmt::format("exec {} --config {} 2> {}", LAB_MACHINE_PROGRAM,
                         (dir_ / "machine.toml").string(), (dir_ / "second.log").string())});
  EXPECT_EQ(wait_for_end(second), 1);
  EXPECT_THAT(read_text(dir_ / "second.log"),
              testing::HasSubstr(
                  fmt::format("wake port {}:{}/udp: Address already in use", kAddress, port_)));
}

TEST(LabPower, NoMachineIsOneClearSentence) {
  const TempDir dir;
  const auto answer = ask_machine(dir.path(), "status", kAskLimit);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unreachable);
  EXPECT_THAT(answer.error().message, testing::HasSubstr("is its lab-machine running?"));
}

}  // namespace
}  // namespace ecokube::lab
