#include "node-agent/config.h"

#include <unistd.h>

#include <array>
#include <set>
#include <utility>

#include "common/config_file.h"
#include "common/host_port.h"
#include "common/names.h"
#include "common/raw_wake.h"
#include "node-agent/shutdown/guard.h"

namespace ecokube::agent {
namespace {

using std::chrono::seconds;

std::optional<Power> watts(ConfigTable& table, std::string_view key) {
  constexpr std::int64_t kWattsMax = 100'000;
  if (!table.has(key)) return std::nullopt;
  return Power::watts(table.integer(key, 0, 1, kWattsMax));
}

void read_coordinator(ConfigTable table, Config& config) {
  config.coordinators = table.texts("addresses");
  constexpr std::size_t kAddressesMax = 16;
  if (config.coordinators.empty()) {
    table.report("addresses", "name at least one coordinator, e.g. [\"coordinator:7443\"]");
  }
  if (config.coordinators.size() > kAddressesMax) {
    table.report("addresses", "at most " + std::to_string(kAddressesMax) + " are used");
  }
  if (std::set(config.coordinators.begin(), config.coordinators.end()).size() !=
      config.coordinators.size()) {
    table.report("addresses", "names one address twice");
  }
  for (const auto& address : config.coordinators) {
    if (const auto parsed = parse_host_port(address); !parsed) {
      table.report("addresses", parsed.error().message);
    }
  }
}

void read_tls(ConfigTable table, Config& config) {
  const auto standard = standard_identity(config.state_dir);
  config.tls.ca = table.text("ca", standard.ca.string());
  config.tls.certificate = table.text("certificate", standard.certificate.string());
  config.tls.key = table.text("key", standard.key.string());
}

void read_power(ConfigTable table, Config& config) {
  config.sample_interval =
      table.seconds("sample_interval_s", seconds(1), std::chrono::milliseconds(10), seconds(60));
  config.pod_interval = table.seconds("pod_interval_s", seconds(30), seconds(1), seconds(600));
  config.hwmon_chip = table.text("hwmon_chip", "power_meter");
  config.idle = watts(table, "idle_watts");
  config.peak = watts(table, "peak_watts");
  if (config.idle.has_value() != config.peak.has_value()) {
    table.report(config.idle ? "idle_watts" : "peak_watts",
                 "give both idle_watts and peak_watts, or neither");
  } else if (config.idle && *config.idle > *config.peak) {
    table.report("idle_watts", "is above peak_watts");
  }
}

// Energy by the second tells other users of the machine what a CPU works on (CVE-2020-8694).
bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

void read_local(ConfigTable table, Config& config) {
  config.local_socket = table.text("socket", kLocalSocket);
  config.metrics_listen = table.text("metrics_listen", "");
  if (config.metrics_listen.empty()) return;
  const auto address = parse_listen_address(config.metrics_listen);
  if (!address) {
    table.report("metrics_listen", address.error().message);
  } else if (!is_loopback(address->host)) {
    table.report("metrics_listen",
                 "use an address of this machine alone, e.g. \"127.0.0.1:9479\"; the coordinator "
                 "has the figures for others");
  }
}

void read_shutdown(ConfigTable table, Config& config) {
  config.hold_file = table.text("hold_file", kHoldFile);
  config.limits_file = table.text("limits_file", "/etc/ecokube/limits.toml");
  config.hooks_dir = table.text("hooks_dir", kHooksDir);
  config.hook_timeout =
      table.seconds("hook_timeout_s", seconds(10), std::chrono::milliseconds(100), seconds(20));
  config.logind.users_idle = std::chrono::duration_cast<seconds>(
      table.seconds("users_idle_s", config.logind.users_idle, seconds(0), std::chrono::hours(24)));
  config.suspend_action = table.texts("suspend_action");
  if (!config.suspend_action.empty() && !table.has("action")) {
    table.report("suspend_action", "goes with action; without both logind is asked");
  }
  if (!table.has("action")) return;
  config.action = table.texts("action");
  if (config.action.empty() || config.action.front().empty()) {
    table.report("action", "name the command that powers off, or leave it out for logind");
  }
}

std::vector<std::filesystem::path> absolute_paths(ConfigTable& table, std::string_view key) {
  std::vector<std::filesystem::path> paths;
  for (const auto& text : table.texts(key)) {
    paths.emplace_back(text);
    if (!paths.back().is_absolute()) table.report(key, "'" + text + "' is no absolute path");
  }
  return paths;
}

void read_keep_on(ConfigTable table, Config& config) {
  config.keep_on.units = table.texts("units");
  config.keep_on.mounts = absolute_paths(table, "mounts");
  config.keep_on.locks = absolute_paths(table, "locks");
}

void read_wake(ConfigTable table, Config& config) {
  constexpr std::size_t kSegmentsMax = 8;
  const auto by = table.text("by", "network");
  config.woken_by_network = by != "bmc";
  if (by != "network" && by != "bmc") {
    table.report("by", "'" + by + "' is neither \"network\" nor \"bmc\"");
  }
  config.wake_address = table.text("address", "");
  if (const auto parsed = parse_host_port(config.wake_address);
      !parsed && !config.wake_address.empty()) {
    table.report("address", parsed.error().message);
  }
  // The helpers know this machine's own devices, not those of another tree.
  const bool own = config.roots.sysfs == "/sys";
  config.arm_socket = table.text("arm_socket", own ? kArmSocket : "");
  config.bmc_socket = table.text("bmc_socket", own ? kBmcSocket : "");
  config.kubelet_socket = table.text("kubelet_socket", own ? kKubeletSocket : "");
  config.rtc_socket = table.text("rtc_socket", own ? kRtcSocket : "");
  config.raw_socket = table.text("raw_socket", own ? kRawWakeSocket : "");
  constexpr std::int64_t kPatchAgeDays = 14;
  constexpr std::int64_t kDaysMax = 60;
  config.rtc_alarm = std::chrono::days(table.integer("rtc_alarm_days", kPatchAgeDays, 0, kDaysMax));
  for (const auto& text : table.texts("segments")) {
    if (const auto subnet = Ipv4Subnet::parse(text)) {
      config.wake_segments.push_back(*subnet);
    } else {
      table.report("segments", "'" + text + "' is no address with a prefix, e.g. \"10.0.3.7/24\"");
    }
  }
  config.relay = table.boolean("relay", true);
  if (config.wake_segments.size() > kSegmentsMax) {
    table.report("segments", "at most " + std::to_string(kSegmentsMax) + " are used");
  }
}

Result<Config> read_tables(ConfigFile file) {
  Config config;
  auto root = file.root();
  config.node_name = root.text("node_name", host_name());
  if (!is_node_name(config.node_name)) {
    root.report("node_name", "'" + config.node_name +
                                 "' is no node name: lower case letters, digits, '-' and '.'");
  }
  config.log_level = root.text("log_level", "info");
  if (config.log_level != "debug" && config.log_level != "info" && config.log_level != "warning" &&
      config.log_level != "error") {
    root.report("log_level", "'" + config.log_level + "': use debug, info, warning or error");
  }
  config.state_dir = root.text("state_dir", kStateDir);
  config.roots.sysfs = root.text("sysfs_root", "/sys");
  config.roots.procfs = root.text("procfs_root", "/proc");
  config.roots.system = root.text("system_root", config.roots.procfs.parent_path().string());
  config.roots.cgroup = root.text("cgroup_root", (config.roots.sysfs / "fs/cgroup").string());
  config.roots.machine_id_file = root.text("machine_id_file", "/etc/machine-id");
  read_coordinator(root.table("coordinator"), config);
  read_tls(root.table("tls"), config);
  read_power(root.table("power"), config);
  read_shutdown(root.table("shutdown"), config);
  read_keep_on(root.table("keep_on"), config);
  read_local(root.table("local"), config);
  read_wake(root.table("wake"), config);
  if (auto finished = file.finish(); !finished) return std::unexpected(std::move(finished.error()));
  return config;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

TlsFiles standard_identity(const std::filesystem::path& state_dir) {
  return {state_dir / "ca.crt", state_dir / "agent.crt", state_dir / "agent.key"};
}

Result<Config> read_config(const std::filesystem::path& file) {
  auto read = ConfigFile::read(file);
  if (!read) return std::unexpected(std::move(read.error()));
  return read_tables(std::move(*read));
}

Result<Config> parse_config(std::string_view text, std::string name) {
  auto read = ConfigFile::parse(text, std::move(name));
  if (!read) return std::unexpected(std::move(read.error()));
  return read_tables(std::move(*read));
}

}  // namespace ecokube::agent
