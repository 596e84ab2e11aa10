#include "node-agent/commands/check_command.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <string_view>
#include <utility>

#include "node-agent/checked_config.h"
#include "node-agent/commands/check_findings.h"

namespace ecokube::agent {
namespace {

namespace json = boost::json;
using Level = Finding::Level;

std::string_view to_string(Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warning: return "warning";
    case Level::problem: return "problem";
  }
  return "?";
}

struct Chapter {
  std::string_view name;
  std::vector<Finding> findings;
};

// The rest can be looked at by the defaults.
Chapter check_configuration(const CheckCommand& command, Config& config) {
  Chapter chapter{"configuration", {}};
  auto read = read_config(command.config);
  if (!read) {
    chapter.findings.push_back(
        problem(read.error().message, "write it; what follows is looked at with the defaults"));
    config.hwmon_chip = "power_meter";
    config.state_dir = kStateDir;
    config.hold_file = kHoldFile;
    config.hooks_dir = kHooksDir;
    return chapter;
  }
  config = std::move(*read);
  if (const auto files = check_files(config); !files) {
    chapter.findings.push_back(problem(files.error().message, ""));
  } else {
    chapter.findings.push_back(
        fine(command.config.string() + " and the certificates it names are right"));
  }
  return chapter;
}

void print_json(const std::vector<Chapter>& chapters) {
  json::array list;
  for (const auto& chapter : chapters) {
    for (const auto& finding : chapter.findings) {
      list.push_back(
          {{"about", chapter.name},
           {"level", to_string(finding.level)},
           {"what", finding.what},
           {"mend", finding.mend.empty() ? json::value(nullptr) : json::value(finding.mend)}});
    }
  }
  std::cout << json::serialize(json::object{{"findings", std::move(list)}}) << '\n';
}

void print_text(const std::vector<Chapter>& chapters) {
  for (const auto& chapter : chapters) {
    std::cout << chapter.name << '\n';
    for (const auto& finding : chapter.findings) {
      const auto level = to_string(finding.level);
      std::cout << "  " << level << std::string(9 - level.size(), ' ') << finding.what << '\n';
      if (!finding.mend.empty()) std::cout << "           to mend it: " << finding.mend << '\n';
    }
  }
}

}  // namespace

Result<int> run_check(const CheckCommand& command) {
  Config config;
  std::vector<Chapter> chapters;
  chapters.push_back(check_configuration(command, config));
  chapters.push_back({"measuring", check_measuring(config)});
  chapters.push_back({"sleeping", check_sleeping(config)});
  chapters.push_back({"waking", check_waking(config)});
  chapters.push_back({"management controller", check_bmc(config)});
  chapters.push_back({"kubelet", check_kubelet(config)});
  if (command.json) {
    print_json(chapters);
  } else {
    print_text(chapters);
  }
  const bool problem = std::any_of(chapters.begin(), chapters.end(), [](const Chapter& chapter) {
    return std::any_of(chapter.findings.begin(), chapter.findings.end(),
                       [](const Finding& finding) { return finding.level == Level::problem; });
  });
  return problem ? 1 : 0;
}

}  // namespace ecokube::agent
