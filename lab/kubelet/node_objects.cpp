#include "lab/kubelet/node_objects.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <ctime>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/lease.h"

namespace ecokube::lab {
namespace {

using boost::json::array;
using boost::json::object;
using kubernetes::find_array;
using kubernetes::find_text;

constexpr std::int64_t kMsPerS = 1000;
constexpr std::int64_t kLeaseRenewalsMissedMax = 4;

bool says_ready(const object& node) {
  for (const auto& entry : find_array(node, {"status", "conditions"})) {
    const auto* condition = entry.if_object();
    if (condition == nullptr || find_text(*condition, {"type"}) != "Ready") continue;
    return find_text(*condition, {"status"}) == "True";
  }
  return false;
}

object lease_spec(const NodeSelf& self, TimePoint now) {
  const auto seconds = self.options.lease_interval.count() * kLeaseRenewalsMissedMax / kMsPerS;
  return {{"holderIdentity", self.options.node_name},
          {"leaseDurationSeconds", std::max<std::int64_t>(1, seconds)},
          {"renewTime", kubernetes::micro_time(now)}};
}

}  // namespace

std::string second_time(TimePoint at) {
  const std::time_t seconds = to_ms(at) / kMsPerS;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

object new_node(const NodeSelf& self) {
  object labels{{"kubernetes.io/hostname", self.options.node_name}};
  for (const auto& [key, value] : self.options.labels) labels[key] = value;
  array taints;
  for (const auto& taint : self.options.taints) {
    taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
  }
  object spec;
  if (!taints.empty()) spec["taints"] = std::move(taints);
  return {{"apiVersion", "v1"},
          {"kind", "Node"},
          {"metadata", {{"name", self.options.node_name}, {"labels", std::move(labels)}}},
          {"spec", std::move(spec)}};
}

bool needs_status(const object& node, const NodeSelf& self, TimePoint reported_at, TimePoint now) {
  return !says_ready(node) || find_text(node, {"status", "nodeInfo", "bootID"}) != self.boot_id ||
         now - reported_at >= self.options.status_interval;
}

object node_status_patch(const object& node, const NodeSelf& self, TimePoint now) {
  const auto at = second_time(now);
  object ready{{"type", "Ready"},          {"status", "True"},
               {"reason", "KubeletReady"}, {"message", "the lab's kubelet runs pods"},
               {"lastHeartbeatTime", at},  {"lastTransitionTime", at}};
  auto conditions = with_condition(find_array(node, {"status", "conditions"}), std::move(ready));
  object info{{"bootID", self.boot_id}, {"kubeletVersion", "eco-kube-lab"}};
  if (!self.options.system_uuid.empty()) info["systemUUID"] = self.options.system_uuid;
  const object room{{"cpu", self.options.cpu},
                    {"memory", self.options.memory},
                    {"pods", std::to_string(self.options.max_pods)}};
  return {{"status",
           {{"conditions", std::move(conditions)},
            {"capacity", room},
            {"allocatable", room},
            {"nodeInfo", std::move(info)}}}};
}

object new_node_lease(const NodeSelf& self, TimePoint now) {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata", {{"name", self.options.node_name}, {"namespace", "kube-node-lease"}}},
          {"spec", lease_spec(self, now)}};
}

object renewed_node_lease(const NodeSelf& self, TimePoint now) {
  return {{"spec", lease_spec(self, now)}};
}

array with_condition(array conditions, object condition) {
  for (auto& entry : conditions) {
    auto* present = entry.if_object();
    if (present == nullptr || find_text(*present, {"type"}) != find_text(condition, {"type"})) {
      continue;
    }
    const auto since = find_text(*present, {"lastTransitionTime"});
    const bool same = find_text(*present, {"status"}) == find_text(condition, {"status"});
    if (same && !since.empty()) condition["lastTransitionTime"] = since;
    entry = std::move(condition);
    return conditions;
  }
  conditions.push_back(std::move(condition));
  return conditions;
}

}  // namespace ecokube::lab
