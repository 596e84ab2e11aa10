#include "node-agent/commands/check_findings.h"

#include <utility>

namespace ecokube::agent {

Finding fine(std::string what) { return {Finding::Level::ok, std::move(what), {}}; }

Finding warning(std::string what, std::string mend) {
  return {Finding::Level::warning, std::move(what), std::move(mend)};
}

Finding problem(std::string what, std::string mend) {
  return {Finding::Level::problem, std::move(what), std::move(mend)};
}

Finding split_finding(Finding::Level level, const std::string& said) {
  const auto end = said.find("; ");
  if (end == std::string::npos) return {level, said, {}};
  return {level, said.substr(0, end), said.substr(end + 2)};
}

}  // namespace ecokube::agent
