#include "coordinator/power/redfish_power.h"

#include "common/json_find.h"
#include "coordinator/power/answer_text.h"
#include "coordinator/power/redfish_text.h"

namespace ecokube {
namespace {

namespace json = boost::json;

/// The first of PowerControl is the machine's, any further one a part of it.
const json::value* figure_in(const json::object& meter) {
  if (const auto* metrics = find(meter, {"PowerWatts", "Reading"})) return metrics;
  const auto& controls = find_array(meter, {"PowerControl"});
  if (controls.empty() || !controls.front().is_object()) return nullptr;
  return find(controls.front().as_object(), {"PowerConsumedWatts"});
}

}  // namespace

Result<std::vector<std::string>> meters_in(std::string_view chassis) {
  const auto body = object_in(chassis);
  if (find_array(body, {"Links", "ComputerSystems"}).size() > 1) {
    return fail(Errc::unsupported, "its chassis is of several systems, whose power is one figure");
  }
  std::vector<std::string> paths;
  for (const auto* name : {"EnvironmentMetrics", "Power"}) {
    const std::string path(find_text(body, {name, "@odata.id"}));
    if (is_redfish_path(path)) paths.push_back(path);
  }
  if (paths.empty()) return fail(Errc::unsupported, "its chassis says nothing of power");
  return paths;
}

Result<Power> metered_in(std::string_view meter) {
  const auto body = object_in(meter);
  const auto* figure = figure_in(body);
  if (figure == nullptr) return fail(Errc::unsupported, "its chassis says no watts");
  if (!figure->is_number()) return fail(Errc::refused, "it has no reading of its power now");
  return power_of_running(figure->to_number<double>());
}

}  // namespace ecokube
