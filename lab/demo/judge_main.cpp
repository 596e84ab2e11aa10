#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "common/program.h"
#include "lab/demo/report.h"

namespace {

using namespace ecokube;

struct Arguments {
  std::filesystem::path log, page;
  lab::RunParameters run;
  bool power_cuts_expected = false;
};

Result<int> judge_again(Arguments& arguments) {
  std::ifstream in(arguments.log, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Errc::config, "reading " + arguments.log.string() + " failed");
  const lab::TruthLog truth = lab::parse_truth_log(text);
  lab::JudgeRules rules = lab::rules_of(arguments.run);
  rules.power_cuts_expected = arguments.power_cuts_expected;
  const lab::Verdict verdict = lab::judge(truth, rules);
  std::cout << lab::report_json(verdict, arguments.run);
  std::cerr << lab::report_text(verdict, arguments.run);
  if (!arguments.page.empty()) {
    std::ofstream(arguments.page, std::ios::binary)
        << lab::report_html(lab::fold(truth), verdict, arguments.run);
  }
  return verdict.passed() ? 0 : kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program("lab-judge", ECOKUBE_VERSION, "Judges a run again from its truth log.");
  program.option("LOG", arguments.log, "truth.jsonl").required();
  program.option("--jobs", arguments.run.jobs, "uploads that the run was to make");
  program.option("--job-seconds", arguments.run.job_s, "work of one job");
  program.option("--boot-seconds", arguments.run.boot_s, "how long a machine boots");
  program.flag("--power-cuts-expected", arguments.power_cuts_expected, "a machine lost its power");
  program.flag("--dead-worker", arguments.run.dead_worker,
               "worker2 was to be proven and then never boot again");
  program.option("--html", arguments.page, "write the page there");
  return program.run(argc, argv, [&] { return judge_again(arguments); });
}
