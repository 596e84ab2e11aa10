#include "lab/machine/machine_config.h"

#include <limits>
#include <utility>

#include "common/names.h"

namespace ecokube::lab {

namespace {

constexpr Duration kHour = std::chrono::hours(1);

void read_wake(ConfigTable wake, MachineConfig& config) {
  const std::string address = wake.required_text("address");
  if (auto parsed = parse_host_port(address)) {
    config.wake = *std::move(parsed);
  } else if (!address.empty()) {
    wake.report("address", parsed.error().message);
  }
  const std::string mac = wake.required_text("mac");
  if (const auto parsed = MacAddress::parse(mac)) {
    config.mac = *parsed;
  } else if (!mac.empty()) {
    wake.report("mac", "must look like 02:00:00:00:00:11");
  }
  config.wake_armed = wake.boolean("armed", true);
}

void read_power(ConfigTable power, MachineConfig& config) {
  constexpr std::int64_t kMilliwattsMax = 10'000'000;
  constexpr std::int64_t kCpuMax = 1'000'000;
  constexpr std::int64_t kRangeMin = 1'000;
  constexpr std::int64_t kRangeOfIntel = 262'143'328'850;  // the usual one of a package
  PowerModel& model = config.power;
  const auto read = [&](std::string_view key, Power fallback) {
    return Power::milliwatts(power.integer(key, fallback.milliwatts(), 0, kMilliwattsMax));
  };
  model.idle = read("idle_milliwatts", model.idle);
  model.peak = read("peak_milliwatts", model.peak);
  model.off = read("off_milliwatts", model.off);
  if (model.peak < model.idle) power.report("peak_milliwatts", "is below idle_milliwatts");
  model.cpu_millicores = power.integer("cpu_millicores", model.cpu_millicores, 1, kCpuMax);
  config.energy_range_uj = static_cast<std::uint64_t>(
      power.integer("energy_range_uj", kRangeOfIntel, kRangeMin, kRangeOfIntel * 1000));
}

void read_faults(ConfigTable faults, MachineSettings& settings) {
  constexpr std::int64_t kSlowMax = 1000;
  constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();
  settings.ignore_packets = faults.integer("ignore_packets", 0, 0, kCountMax);
  settings.boots_max = faults.integer("boots_max", settings.boots_max, 0, kCountMax);
  settings.boot_slow_factor = faults.integer("boot_slow_factor", 1, 1, kSlowMax);
}

std::vector<NodeProgram> read_programs(ConfigTable& root) {
  std::vector<NodeProgram> programs;
  for (ConfigTable& table : root.tables("program")) {
    NodeProgram program{.name = table.required_text("name"),
                        .argv = table.texts("argv"),
                        .output = table.text("output", "/dev/null"),
                        .restart = table.boolean("restart", true)};
    if (program.argv.empty()) table.report("argv", "must name the program to start");
    programs.push_back(std::move(program));
  }
  return programs;
}

}  // namespace

Result<MachineConfig> parse_machine_config(ConfigFile file, std::filesystem::path folder) {
  ConfigTable root = file.root();
  MachineConfig config;
  config.name = root.required_text("name");
  if (!config.name.empty() && !is_node_name(config.name)) {
    root.report("name", "must be a node's name: lower case letters, digits, '-' and '.'");
  }
  config.folder = root.text("folder", folder.string());
  config.truth_log = root.text("truth_log", "");
  config.log_level = root.text("log_level", "info");
  config.starts_on = root.boolean("starts_on", true);
  config.settings.boot = root.seconds("boot_s", config.settings.boot, Duration(0), kHour);
  config.settings.die = root.seconds("die_s", config.settings.die, Duration(0), kHour);
  read_wake(root.table("wake"), config);
  read_power(root.table("power"), config);
  read_faults(root.table("faults"), config.settings);
  config.programs = read_programs(root);
  if (auto done = file.finish(); !done) return std::unexpected(done.error());
  return config;
}

Result<MachineConfig> read_machine_config(const std::filesystem::path& file) {
  auto parsed = ConfigFile::read(file);
  if (!parsed) return std::unexpected(parsed.error());
  return parse_machine_config(std::move(*parsed), std::filesystem::absolute(file).parent_path());
}

}  // namespace ecokube::lab
