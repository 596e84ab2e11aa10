#include "coordinator/core/quota.h"

#include <chrono>

#include "coordinator/core/inrush.h"

namespace ecokube::core {

const NamespaceQuota* quota_of(const Policy& policy, const std::string& ns) {
  const auto& quotas = policy.namespace_quotas;
  if (ns.empty() || quotas.empty()) return nullptr;
  auto found = quotas.find(ns);
  if (found == quotas.end()) found = quotas.find(std::string(kEveryNamespace));
  return found == quotas.end() ? nullptr : &found->second;
}

std::optional<Token> quota_token(const Policy& policy, const std::string& ns) {
  const auto* quota = quota_of(policy, ns);
  if (quota == nullptr) return std::nullopt;
  auto token = rate_token("wakes for namespace " + ns, std::chrono::hours(1), quota->wakes_per_hour,
                          quota->burst);
  token.begins_full = true;
  return token;
}

std::string quota_text(const Policy& policy, const std::string& ns, Duration until) {
  const auto& quota = *quota_of(policy, ns);
  return "namespace " + ns + " may have " + std::to_string(quota.wakes_per_hour) +
         " machines woken an hour, " + std::to_string(quota.burst) + " at once; the next in " +
         std::to_string(until.count() / 1000 + 1) + " s";
}

}  // namespace ecokube::core
