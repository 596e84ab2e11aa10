// What pods wait for.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/table.h"
#include "cli/views.h"
#include "common/json_find.h"

namespace ecokube::cli {

namespace json = boost::json;

std::string held_view(const json::object& plan, bool colours) {
  const auto& held = find_array(plan, {"held"});
  if (held.empty()) return "";
  std::vector<std::vector<Cell>> rows{{{"HELD"}, {"BY"}}};
  for (const auto& entry : held) {
    const auto& one = entry.as_object();
    rows.push_back({{text_at(one, "what")}, {text_at(object_at(one, "reason"), "text")}});
  }
  return "\n" + table(rows, {}, colours);
}

std::string pod_explanation_view(const json::object& document, bool /*colours*/) {
  const auto node = text_at(document, "node");
  const auto& reason = object_at(document, "reason");
  std::string out =
      fmt::format("pod {}/{}\n\n", text_at(document, "namespace"), text_at(document, "pod"));
  if (!node.empty()) add_line(out, "Node", node);
  add_line(out, "Why", fmt::format("{} ({})", text_at(reason, "text"), text_at(reason, "code")));
  return out;
}

}  // namespace ecokube::cli
