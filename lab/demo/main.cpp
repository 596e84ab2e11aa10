#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "common/log.h"
#include "lab/demo/demo.h"

namespace {

constexpr int kWrongUse = 2;

int run(int argc, char** argv) {
  ecokube::lab::DemoOptions options;
  CLI::App app(
      "The whole loop on one machine: three machines, a Kubernetes double, a broker, the\n"
      "coordinator and its agents. Uploads make pods, pods wake machines, and when the work is\n"
      "done the machines are off again. Everything is judged by the lab's own log.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  constexpr std::int64_t kJobsMax = 100'000;
  constexpr double kSecondsMax = 3600;
  constexpr int kNetworkMax = 254;
  constexpr int kKillsMax = 100;
  app.add_option("--jobs", options.run.jobs, "uploads")
      ->check(CLI::Range(std::int64_t{1}, kJobsMax))
      ->capture_default_str();
  app.add_option("--job-seconds", options.run.job_s, "work of one job")
      ->check(CLI::Range(0.0, kSecondsMax))
      ->capture_default_str();
  app.add_option("--boot-seconds", options.run.boot_s, "how long a machine boots")
      ->check(CLI::Range(0.1, kSecondsMax))
      ->capture_default_str();
  app.add_flag("--keep", options.keep, "leave the lab running afterwards, until Ctrl-C");
  app.add_option("--report", options.report, "report.json; the page is put beside it")
      ->capture_default_str();
  app.add_option("--dir", options.folder, "the lab's files and logs; emptied first")
      ->capture_default_str();
  app.add_option("--bin", options.programs, "where the programs are")->capture_default_str();
  app.add_option("--network", options.network, "the lab lives in 127.0.NETWORK.0/24")
      ->check(CLI::Range(1, kNetworkMax))
      ->capture_default_str();
  app.add_option("--coordinator-kills", options.coordinator_kills,
                 "kill -9 the coordinator so many times, each when a node changes its state")
      ->check(CLI::Range(0, kKillsMax))
      ->capture_default_str();
  app.add_flag("--wake-faults", options.run.wake_faults,
               "worker1 loses its first packets and boots three times slower");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  }
  if (auto started = ecokube::log::start("lab-demo", "warning"); !started) return kWrongUse;
  return ecokube::lab::run_demo(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "lab-demo: unforeseen error: " << error.what() << '\n';
    return 1;
  }
}
