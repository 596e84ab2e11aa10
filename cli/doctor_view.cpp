#include <boost/json.hpp>

#include "cli/table.h"
#include "cli/views.h"

namespace ecokube::cli {
namespace {

Colour colour_of_level(std::string_view level) {
  if (level == "problem") return Colour::bad;
  return level == "warning" ? Colour::busy : Colour::good;
}

}  // namespace

/// What to do stands below the finding: both are sentences.
std::string doctor_view(const boost::json::object& document, bool colours) {
  std::vector<std::vector<Cell>> rows{{{"LEVEL"}, {"CODE"}, {"OF"}, {"FINDING"}}};
  for (const auto& entry : document.at("findings").as_array()) {
    const auto& finding = entry.as_object();
    const auto level = text_at(finding, "level");
    rows.push_back({{level, colour_of_level(level)},
                    {text_at(finding, "code")},
                    {text_at(finding, "subject")},
                    {text_at(finding, "text")}});
    const auto what = text_at(finding, "what_to_do");
    if (!what.empty()) rows.push_back({{""}, {""}, {""}, {"-> " + what, Colour::quiet}});
  }
  return table(rows, {}, colours);
}

}  // namespace ecokube::cli
