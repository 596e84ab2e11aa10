#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/power_meter.h"

namespace ecokube::agent {

/// One line of `ecokube-agent power`: a zone or a meter.
struct PowerRow {
  std::string zone;  ///< "package-0/dram"
  std::string id;    ///< "intel-rapl:0:1", or the meter's name
  PowerSource source = PowerSource::none;
  bool counts = false;
  std::optional<Power> power;  ///< since the sample before
  Energy energy = Energy::microjoules(0);
  std::string note;  ///< why there is no figure, or why it does not count
};

struct PowerReport {
  std::vector<PowerRow> rows;
  PowerSource source = PowerSource::none;
  std::optional<Power> power;
  Energy energy = Energy::microjoules(0);
  std::string problem;
};

/// Makes reports of a meter that someone samples, with the power from one to the next.
class PowerReporter {
 public:
  /// `now`: of the sample just taken.
  [[nodiscard]] PowerReport report(const PowerMeter& meter, const Stamp& now);

 private:
  [[nodiscard]] std::optional<Power> power_of(const std::string& id, Energy energy,
                                              std::uint64_t unknown_intervals, const Stamp& now);

  struct Last {
    Energy energy = Energy::microjoules(0);
    std::uint64_t unknown_intervals = 0;
    Stamp at;
  };
  std::map<std::string, Last> last_;
};

[[nodiscard]] std::string report_text(const PowerReport& report);
/// {"source", "estimated", "watts" or null, "joules", "problem" or null, "zones": [{"zone", "id",
///  "source", "counts", "watts" or null, "joules", "note" or null}]}
[[nodiscard]] boost::json::object report_json(const PowerReport& report);

}  // namespace ecokube::agent
