#include "coordinator/config.h"

#include <unistd.h>

#include <array>
#include <optional>
#include <sstream>

#include "common/config_file.h"
#include "common/host_port.h"
#include "coordinator/config_inrush.h"
#include "coordinator/config_names.h"
#include "coordinator/config_nodes.h"
#include "coordinator/config_quota.h"

namespace ecokube {
namespace {

using core::Policy;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

HostPort listen_address(ConfigTable& table, const std::string& fallback) {
  auto address = parse_listen_address(table.text("listen", fallback));
  if (address) return *std::move(address);
  table.report("listen", address.error().message);
  return {};
}

void read_agents(ConfigTable table, CoordinatorConfig& config) {
  const auto address = listen_address(table, "0.0.0.0:7443");
  config.agents.listen_address = address.host;
  config.agents.port = address.port;
  config.agents.coordinator_id = config.id;
  config.agents.tls.ca = table.required_text("ca");
  config.agents.tls.certificate = table.required_text("certificate");
  config.agents.tls.key = table.required_text("key");
  config.agents.heartbeat_interval =
      table.seconds("heartbeat_interval_s", seconds(5), milliseconds(100), seconds(60));
}

std::string own_address(std::uint16_t port) {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return {};
  return std::string(name.data()) + ":" + std::to_string(port);
}

void read_enrolment(ConfigTable table, CoordinatorConfig& config) {
  constexpr std::int64_t kDaysMax = 825;
  auto& enrolment = config.enrolment;
  enrolment.ca_certificate = table.text("ca_certificate", config.agents.tls.ca.string());
  enrolment.ca_key = table.text("ca_key", "");
  enrolment.certificate_life = hours(24 * table.integer("certificate_days", 90, 1, kDaysMax));
  enrolment.address = table.text("address", own_address(config.agents.port));
  if (const auto parsed = parse_host_port(enrolment.address); !parsed) {
    table.report("address", parsed.error().message);
  }
}

void read_api(ConfigTable table, CoordinatorConfig& config) {
  const auto address = listen_address(table, "127.0.0.1:7444");
  config.api.address = address.host;
  config.api.port = address.port;
  config.api.socket = table.text("socket", config.api.socket.string());
}

std::vector<std::string> daemonsets(ConfigTable& table) {
  constexpr auto* kKey = "daemonsets_may_stop";
  auto listed = table.texts(kKey);
  for (const auto& entry : listed) {
    const auto slash = entry.find('/');
    const auto name = slash == std::string::npos ? "" : entry.substr(slash + 1);
    if (!is_node_name(entry.substr(0, slash)) || (name != "*" && !is_node_name(name))) {
      table.report(kKey, "\"" + entry + "\" is neither \"namespace/name\" nor \"namespace/*\"");
    }
  }
  return listed;
}

/// The S-rules' times and limits. Lower bounds keep a slip of the pen from being dangerous.
void read_safety(ConfigTable table, Policy& policy) {
  const auto time = [&](const char* key, Duration& value, Duration min, Duration max) {
    value = table.seconds(key, value, min, max);
  };
  time("settle_s", policy.settle, milliseconds(500), seconds(600));
  time("cluster_view_age_max_s", policy.cluster_view_age_max, seconds(5), seconds(600));
  time("demand_age_max_s", policy.demand_age_max, seconds(2), seconds(3600));
  time("heartbeat_age_max_s", policy.heartbeat_age_max, seconds(1), seconds(600));
  time("silence_to_off_s", policy.silence_to_off, milliseconds(500), seconds(3600));
  time("drain_deadline_s", policy.drain_deadline, seconds(10), hours(24));
  time("down_deadline_s", policy.down_deadline, seconds(5), hours(2));
  time("wake_deadline_s", policy.wake_deadline, seconds(5), hours(4));
  time("services_wait_s", policy.services_wait, seconds(0), hours(1));
  if (table.has("wake_method_timeout_s")) {
    Duration timeout{};
    time("wake_method_timeout_s", timeout, seconds(1), hours(4));
    policy.wake_method_timeout = timeout;
  }
  time("wake_repeat_s", policy.wake_repeat, milliseconds(200), seconds(60));
  time("person_wake_for_s", policy.person_wake_for, seconds(1), hours(24 * 30));
  time("quarantine_s", policy.quarantine_base, seconds(1), hours(24));
  time("wake_proof_age_max_s", policy.wake_proof_age_max, hours(1), hours(24 * 365));
  time("first_sleep_s", policy.first_sleep, seconds(1), hours(24 * 14));
  time("sleep_max_s", policy.sleep_max, seconds(60), hours(24 * 365));
  if (table.has("daemonsets_may_stop")) policy.daemonsets_may_stop = daemonsets(table);
  policy.cover_node_loss = table.boolean("cover_node_loss", policy.cover_node_loss);
  policy.downs_per_day_max =
      table.integer("downs_per_day_max", policy.downs_per_day_max, 1, 10'000);
  policy.unready_percent_max =
      table.integer("unready_percent_max", policy.unready_percent_max, 0, 100);
}

void read_wake(ConfigTable table, Policy& policy) {
  policy.relay = table.boolean("relay", policy.relay);
  const auto raw = table.text("raw", "auto");
  policy.raw_wake = raw != "never";
  if (raw != "auto" && raw != "never") table.report("raw", "must be auto or never");
}

void read_scheduler(ConfigTable table, Policy& policy) {
  policy.scheduler_name = table.text("name", policy.scheduler_name);
  if (policy.scheduler_name == "default-scheduler") {
    table.report("name", "is kube-scheduler's; two that bind the same pods race each other");
  } else if (!policy.scheduler_name.empty() && !is_node_name(policy.scheduler_name)) {
    table.report("name", "must be lower case letters, digits, '-' and '.', or empty for none");
  }
}

core::Labels read_labels(ConfigTable& table, std::string_view key) {
  core::Labels labels;
  for (const auto& [name, value] : table.text_map(key)) labels[name] = value;
  return labels;
}

void read_recovery(ConfigTable table, core::Recovery& recovery) {
  recovery.names = table.texts("nodes");
  recovery.node_selector = read_labels(table, "node_selector");
  recovery.ups_rest = table.seconds("ups_rest_s", recovery.ups_rest, seconds(0), hours(24));
}

core::Pool read_pool(ConfigTable table) {
  core::Pool pool;
  pool.name = table.required_text("name");
  pool.names = table.texts("names");
  pool.node_selector = read_labels(table, "node_selector");
  if (pool.names.empty() && pool.node_selector.empty()) {
    table.report("names", "give names or node_selector, else the pool has no node");
  }
  const auto mode = table.text("mode", "advise");
  pool.mode = mode == "act"   ? core::Mode::act
              : mode == "off" ? core::Mode::off
                              : core::Mode::advise;
  if (mode != "act" && mode != "off" && mode != "advise") {
    table.report("mode", "must be off, advise or act");
  }
  constexpr std::int64_t kNodesMax = 100'000;
  pool.min_on = table.integer("min_on", 0, 0, kNodesMax);
  pool.spare = table.integer("spare", 0, 0, kNodesMax);
  pool.prove_wakes = table.boolean("prove_wakes", pool.prove_wakes);
  pool.hard_off = table.boolean("hard_off", false);
  const auto sleep = core::parse_sleep_mode(table.text("sleep_mode", "power-off"));
  if (!sleep) table.report("sleep_mode", "must be power-off, suspend or hibernate");
  pool.sleep_mode = sleep.value_or(core::SleepMode::power_off);
  pool.peak = read_peak(table);
  pool.inrush = read_inrush_limits(table.table("inrush"), pool.inrush);
  if (table.has("unneeded_time_s")) {
    pool.unneeded_time = table.seconds("unneeded_time_s", seconds(0), seconds(0), hours(720));
  }
  return pool;
}

/// Its default is KEDA's, but for a Job, which KEDA does not scale so.
std::string api_version(ConfigTable& target, const std::string& kind) {
  constexpr auto* kKey = "apiVersion";
  auto text = target.text(kKey, kind == "Job" ? "batch/v1" : "apps/v1");
  const auto slash = text.find('/');
  const bool group_is_name = slash == std::string::npos || is_node_name(text.substr(0, slash));
  const auto version = slash == std::string::npos ? text : text.substr(slash + 1);
  if (!group_is_name || !is_node_name(version) || version.find('.') != std::string::npos) {
    target.report(kKey, "must be \"group/version\", like \"example.com/v1\"");
  }
  return text;
}

core::Scaler read_scaler(ConfigTable table) {
  constexpr std::int64_t kReplicasMax = 100'000;
  constexpr std::int64_t kLagMax = 1'000'000'000'000;
  core::Scaler scaler;
  scaler.name = table.required_text("name");
  auto target = table.table("scaleTargetRef");
  scaler.kind = target.text("kind", "Deployment");
  scaler.api_version = api_version(target, scaler.kind);
  scaler.target = target.required_text("name");
  scaler.ns = target.text("namespace", "default");
  scaler.bootstrap_servers = table.required_text("bootstrapServers");
  scaler.topic = table.required_text("topic");
  scaler.consumer_group = table.required_text("consumerGroup");
  scaler.lag_threshold = table.integer("lagThreshold", 10, 1, kLagMax);
  scaler.activation_lag_threshold = table.integer("activationLagThreshold", 0, 0, kLagMax);
  scaler.min_replica_count = table.integer("minReplicaCount", 0, 0, kReplicasMax);
  scaler.max_replica_count = table.integer("maxReplicaCount", 100, 1, kReplicasMax);
  if (scaler.min_replica_count > scaler.max_replica_count) {
    table.report("minReplicaCount", "must not be above maxReplicaCount");
  }
  scaler.cooldown_period = table.seconds("cooldownPeriod", seconds(300), seconds(0), hours(24));
  scaler.polling_interval =
      table.seconds("pollingInterval", seconds(1), milliseconds(50), hours(1));
  return scaler;
}

void read_policy(ConfigTable& root, Policy& policy) {
  policy.dry_run = root.boolean("dry_run", false);
  policy.host_node = root.text("host_node", "");
  read_safety(root.table("safety"), policy);
  read_recovery(root.table("recovery"), policy.recovery);
  read_wake(root.table("wake"), policy);
  read_inrush(root.table("inrush"), policy.inrush);
  read_quotas(root, policy);
  read_scheduler(root.table("scheduler"), policy);
  for (auto& table : root.tables("pool")) policy.pools.push_back(read_pool(table));
  for (auto& table : root.tables("scaler")) policy.scalers.push_back(read_scaler(table));
  refuse_twice(root, "pool", policy.pools);
  refuse_twice(root, "scaler", policy.scalers);
}

const char* mode_word(core::Mode mode) {
  switch (mode) {
    case core::Mode::off: return "off";
    case core::Mode::advise: return "advise";
    case core::Mode::act: return "act";
  }
  return "?";
}

std::string unneeded_text(const core::Pool& pool) {
  if (!pool.unneeded_time) return "by each node's break-even";
  std::ostringstream out;
  out << static_cast<double>(pool.unneeded_time->count()) / 1000.0 << " s";
  return out.str();
}

}  // namespace

Result<CoordinatorConfig> read_coordinator_config(const std::filesystem::path& file) {
  auto parsed = ConfigFile::read(file);
  if (!parsed) return std::unexpected(parsed.error());
  auto root = parsed->root();
  CoordinatorConfig config;
  config.id = root.text("id", "coordinator");
  if (!is_node_name(config.id))
    root.report("id", "must be lower case letters, digits, '-' and '.'");
  config.log_level = root.text("log_level", "info");
  config.state_dir = root.text("state_dir", "/var/lib/ecokube");
  auto kubernetes = root.table("kubernetes");
  config.kubeconfig = kubernetes.text("kubeconfig", "");
  config.context = kubernetes.text("context", "");
  config.lease_duration =
      kubernetes.seconds("lease_duration_s", seconds(15), seconds(1), seconds(300));
  read_agents(root.table("agents"), config);
  read_enrolment(root.table("enrolment"), config);
  read_api(root.table("api"), config);
  read_policy(root, config.policy);
  read_nodes(root, config.policy, config.bmcs);
  read_power_domains(root, config.policy);
  if (auto finished = parsed->finish(); !finished) return std::unexpected(finished.error());
  return config;
}

std::string describe(const CoordinatorConfig& config) {
  std::ostringstream out;
  out << "id " << config.id << ", state in " << config.state_dir.string() << "\n"
      << "Kubernetes by "
      << (config.kubeconfig.empty() ? "the pod's service account" : config.kubeconfig.string())
      << "\n"
      << "agents at " << config.agents.listen_address << ":" << config.agents.port << "\n"
      << (config.enrolment.ca_key.empty()
              ? "signs no certificates\n"
              : "signs nodes' certificates with " + config.enrolment.ca_key.string() + "\n")
      << "API at " << config.api.address << ":" << config.api.port << " (read-only) and "
      << config.api.socket.string() << "\n";
  for (const auto& pool : config.policy.pools) {
    out << "pool " << pool.name << ": mode " << mode_word(pool.mode) << ", min_on " << pool.min_on
        << ", spare " << pool.spare << ", unneeded_time " << unneeded_text(pool) << "\n";
  }
  for (const auto& scaler : config.policy.scalers) {
    out << "scaler " << scaler.name << ": " << scaler.kind << " (" << scaler.api_version << ") "
        << scaler.ns << "/" << scaler.target << " from lag of " << scaler.topic << " in "
        << scaler.consumer_group << ", " << scaler.min_replica_count << " to "
        << scaler.max_replica_count << "\n";
  }
  out << describe_inrush(config.policy) << describe_quotas(config.policy);
  if (!config.policy.scheduler_name.empty()) {
    out << "binds pods with schedulerName " << config.policy.scheduler_name << "\n";
  }
  for (const auto& [name, node] : config.policy.nodes) {
    const auto bmc = config.bmcs.bmcs.find(name);
    const auto* access = bmc == config.bmcs.bmcs.end() ? nullptr : &bmc->second;
    out << "node " << name << ": woken by " << describe_node(node, access) << "\n";
  }
  if (config.policy.dry_run) out << "dry run: decides and explains, touches nothing\n";
  return out.str();
}

}  // namespace ecokube
