#include "bench/reaction/objects.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <chrono>

#include "common/boot_clock.h"
#include "coordinator/core/marks.h"

namespace ecokube::bench {

namespace json = boost::json;

namespace {

constexpr const char* kHostname = "kubernetes.io/hostname";
constexpr std::uint8_t kLocallyAdministered = 0x02;

json::object ready_condition(const char* status, const char* reason) {
  const auto now = fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
  return {{"type", "Ready"},          {"status", status},
          {"reason", reason},         {"message", "as the bench says"},
          {"lastHeartbeatTime", now}, {"lastTransitionTime", now}};
}

json::object status_of(const NodeName& node, int boot) {
  const json::object room{{"cpu", "32"}, {"memory", "128Gi"}, {"pods", "110"}};
  return {{"capacity", room},
          {"allocatable", room},
          {"conditions", json::array{ready_condition("True", "KubeletReady")}},
          {"nodeInfo", json::object{{"bootID", boot_id_of(node, boot)},
                                    {"machineID", "machine-" + node},
                                    {"kernelVersion", "6.1.0"},
                                    {"osImage", "Debian GNU/Linux 12 (bookworm)"},
                                    {"containerRuntimeVersion", "containerd://1.7.0"},
                                    {"kubeletVersion", "v1.36.3"},
                                    {"operatingSystem", "linux"},
                                    {"architecture", "amd64"}}}};
}

json::object pod(const std::string& name, Role role, json::object spec) {
  spec["containers"] = json::array{json::object{
      {"name", "work"},
      {"image", "registry.example/work:1"},
      {"resources", json::object{{"requests", json::object{{"cpu", "200m"}, {"memory", "256Mi"}}}}},
      {"env", json::array{json::object{{"name", "QUEUE"}, {"value", "video-processing"}}}}}};
  spec["terminationGracePeriodSeconds"] = 0;
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           json::object{{"name", name},
                        {"labels", json::object{{kRoleLabel, to_string(role)}, {"app", "work"}}}}},
          {"spec", std::move(spec)}};
}

}  // namespace

const char* to_string(Role role) {
  switch (role) {
    case Role::measured: return "measured";
    case Role::busy: return "busy";
    case Role::polled: return "polled";
  }
  return "";
}

std::vector<BenchNode> nodes_of(const ReactionOptions& options) {
  std::vector<BenchNode> nodes;
  for (std::size_t i = 0; i < options.nodes; ++i) {
    BenchNode node;
    node.name = fmt::format("node-{:04}", i);
    if (i < options.samples) node.role = Role::measured;
    if (i + options.poll_samples() >= options.nodes) node.role = Role::polled;
    node.mac = MacAddress({kLocallyAdministered, 0, 0, 0, static_cast<std::uint8_t>(i >> 8U),
                           static_cast<std::uint8_t>(i)});
    nodes.push_back(std::move(node));
  }
  return nodes;
}

std::string boot_id_of(const NodeName& node, int boot) {
  return fmt::format("{}-boot-{}", node, boot);
}

json::object node_object(const BenchNode& node) {
  json::object metadata{{"name", node.name},
                        {"labels", json::object{{kRoleLabel, to_string(node.role)},
                                                {kHostname, node.name},
                                                {"kubernetes.io/os", "linux"},
                                                {"kubernetes.io/arch", "amd64"}}}};
  json::object spec;
  if (node.role == Role::polled) {
    spec["unschedulable"] = true;
  } else {
    metadata["annotations"] =
        json::object{{names::kWakeProof, core::format_wake_proof(RealClock().now())}};
  }
  return {{"apiVersion", "v1"},
          {"kind", "Node"},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)},
          {"status", status_of(node.name, 1)}};
}

json::object ready_patch(const NodeName& node, int boot) {
  return {{"status", status_of(node, boot)}};
}

json::object silent_patch() {
  const json::array conditions{ready_condition("Unknown", "NodeStatusUnknown")};
  return {{"status", json::object{{"conditions", conditions}}}};
}

json::object bound_pod(const std::string& name, const BenchNode& node) {
  return pod(name, node.role, {{"nodeName", node.name}});
}

json::object demand_pod(const std::string& name, const BenchNode& node) {
  return pod(name, node.role, {{"nodeSelector", json::object{{kHostname, node.name}}}});
}

}  // namespace ecokube::bench
