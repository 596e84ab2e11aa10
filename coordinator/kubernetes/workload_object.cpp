#include "coordinator/kubernetes/workload_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <vector>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// At commas that stand in no brackets.
std::vector<std::string_view> split_outside_brackets(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '(') ++depth;
    if (at < text.size() && text[at] == ')') --depth;
    if (at < text.size() && (text[at] != ',' || depth > 0)) continue;
    parts.push_back(trim(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  return parts;
}

core::Selector::Expression expression(std::string_view key, const char* op,
                                      const std::vector<std::string_view>& values) {
  core::Selector::Expression made{std::string(trim(key)), op, {}};
  for (const auto value : values) made.values.emplace_back(trim(value));
  return made;
}

/// "key in (a,b)" or "key notin (a,b)".
std::optional<core::Selector::Expression> parse_set(std::string_view part) {
  const auto open = part.find('(');
  if (open == std::string_view::npos || !part.ends_with(')')) return std::nullopt;
  const auto values = split_outside_brackets(part.substr(open + 1, part.size() - open - 2));
  const auto head = trim(part.substr(0, open));
  const auto space = head.find_last_of(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto op = head.substr(space + 1);
  if (op == "in") return expression(head.substr(0, space), "In", values);
  if (op == "notin") return expression(head.substr(0, space), "NotIn", values);
  return std::nullopt;
}

/// A Job that has ended, is about to end, or is not to run for now.
std::string why_over(const object& job) {
  const auto& conditions = find_array(job, {"status", "conditions"});
  const bool ended = std::any_of(conditions.begin(), conditions.end(), [](const auto& entry) {
    const auto* condition = entry.if_object();
    if (condition == nullptr || find_text(*condition, {"status"}) != "True") return false;
    const auto type = find_text(*condition, {"type"});
    return type == "Complete" || type == "Failed" || type == "SuccessCriteriaMet" ||
           type == "FailureTarget";
  });
  if (ended || !find_text(job, {"metadata", "deletionTimestamp"}).empty()) return "finished";
  return find_bool(job, {"spec", "suspend"}) ? "suspended" : "";
}

/// How many pods a Job can still have at once. Without `completions` it starts none after the first
/// that succeeded.
std::optional<std::int64_t> pods_left(const object& job) {
  const auto succeeded = find_int(job, {"status", "succeeded"}, 0);
  if (find(job, {"spec", "completions"}) != nullptr) {
    return std::max<std::int64_t>(0, find_int(job, {"spec", "completions"}, 1) - succeeded);
  }
  if (succeeded > 0) return find_int(job, {"status", "active"}, 0);
  return std::nullopt;
}

std::string owning_deployment(const object& thing) {
  for (const auto& entry : find_array(thing, {"metadata", "ownerReferences"})) {
    const auto* owner = entry.if_object();
    if (owner == nullptr || !find_bool(*owner, {"controller"})) continue;
    if (find_text(*owner, {"kind"}) != "Deployment") continue;
    return "Deployment " + std::string(find_text(*owner, {"name"}));
  }
  return "";
}

Result<void> read_template(const object& thing, const ScaledKind& kind, core::KubeWorkload& into) {
  const auto& spec = find_object(thing, {"spec", "template", "spec"});
  if (!kind.typed && find_array(spec, {"containers"}).empty()) return {};
  const auto requests = parse_requests(spec);
  if (!requests) {
    return fail_while(fmt::format("{} {}/{}", kind.kind, into.ns, into.name), requests.error());
  }
  into.requests = *requests;
  into.node_selector = find_labels(spec, {"nodeSelector"});
  into.tolerations = parse_tolerations(spec);
  into.node_affinity = parse_node_affinity(spec);
  return {};
}

}  // namespace

Result<core::KubeWorkload> parse_workload(const object& thing, const ScaledKind& kind) {
  const auto revision = check_identity(thing, kind.kind);
  if (!revision) return std::unexpected(revision.error());
  core::KubeWorkload workload;
  workload.group = core::group_of(kind.api_version);
  workload.kind = kind.kind;
  workload.ns = find_text(thing, {"metadata", "namespace"});
  workload.name = find_text(thing, {"metadata", "name"});
  workload.revision = *revision;
  if (auto read = read_template(thing, kind, workload); !read) {
    return std::unexpected(read.error());
  }
  if (!kind.typed) return workload;
  workload.selector = parse_selector(find_object(thing, {"spec", "selector"}));
  if (kind.by == ScaledKind::By::parallelism) {
    workload.replicas = find_int(thing, {"spec", "parallelism"}, 1);
    workload.over = why_over(thing);
    workload.pods_max = pods_left(thing);
  } else {
    workload.replicas = find_int(thing, {"spec", "replicas"}, 1);
    workload.scaled_by = owning_deployment(thing);
  }
  return workload;
}

Result<void> apply_scale(const object& scale, core::KubeWorkload& workload) {
  auto selector = parse_selector_text(find_text(scale, {"status", "selector"}));
  if (!selector) {
    return fail_while(fmt::format("the scale of {}", workload.key()), selector.error());
  }
  workload.selector = std::move(*selector);
  workload.replicas = find_int(scale, {"spec", "replicas"}, 0);
  return {};
}

Result<core::Selector> parse_selector_text(std::string_view text) {
  core::Selector selector;
  if (trim(text).empty()) return selector;
  for (auto part : split_outside_brackets(text)) {
    if (auto set = parse_set(part)) {
      selector.expressions.push_back(std::move(*set));
      continue;
    }
    const auto equals = part.find('=');
    if (part.empty() || part.find_first_of("()<> ") < std::min(equals, part.size())) {
      return fail(Errc::invalid, fmt::format("'{}' is no label selector that we know", text));
    }
    if (equals == std::string_view::npos) {
      const bool absent = part.starts_with('!');
      if (absent) part.remove_prefix(1);
      selector.expressions.push_back(expression(part, absent ? "DoesNotExist" : "Exists", {}));
    } else if (equals > 0 && part[equals - 1] == '!') {
      selector.expressions.push_back(
          expression(part.substr(0, equals - 1), "NotIn", {part.substr(equals + 1)}));
    } else {
      const auto from = part.find_first_not_of('=', equals);
      const auto value = from == std::string_view::npos ? "" : part.substr(from);
      selector.match_labels[std::string(trim(part.substr(0, equals)))] = trim(value);
    }
  }
  return selector;
}

}  // namespace ecokube::kubernetes
