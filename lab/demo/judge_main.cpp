#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

#include "lab/demo/report.h"

int main(int argc, char** argv) {
  using namespace ecokube::lab;
  constexpr int kWrongUse = 2;
  std::filesystem::path log, page;
  RunParameters run;
  JudgeRules rules;
  CLI::App app("Judges a run again from its truth log.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("LOG", log, "truth.jsonl")->required()->check(CLI::ExistingFile);
  app.add_option("--jobs", run.jobs, "uploads that the run was to make")->capture_default_str();
  app.add_option("--job-seconds", run.job_s, "work of one job")->capture_default_str();
  app.add_option("--boot-seconds", run.boot_s, "how long a machine boots")->capture_default_str();
  app.add_flag("--power-cuts-expected", rules.power_cuts_expected, "a machine lost its power");
  app.add_option("--html", page, "write the page there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  }
  std::ifstream in(log, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const TruthLog truth = parse_truth_log(text);
  rules.jobs = run.jobs;
  const Verdict verdict = judge(truth, rules);
  std::cout << report_json(verdict, run);
  std::cerr << report_text(verdict, run);
  if (!page.empty())
    std::ofstream(page, std::ios::binary) << report_html(fold(truth), verdict, run);
  return verdict.passed() ? 0 : 1;
}
