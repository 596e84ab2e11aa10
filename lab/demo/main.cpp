#include "common/log.h"
#include "common/program.h"
#include "lab/demo/demo.h"

namespace {

using namespace ecokube;

void declare(Program& program, lab::DemoOptions& to) {
  constexpr double kJobsMax = 100'000;
  constexpr double kSecondsMax = 3600;
  constexpr double kNetworkMax = 254;
  constexpr double kKillsMax = 100;
  program.option("--jobs", to.run.jobs, "uploads").within(1, kJobsMax);
  program.option("--job-seconds", to.run.job_s, "work of one job").within(0, kSecondsMax);
  program.option("--boot-seconds", to.run.boot_s, "how long a machine boots")
      .within(0.1, kSecondsMax);
  program.option("--cooldown-seconds", to.run.cooldown_s, "time without lag until the pods go")
      .within(1, kSecondsMax);
  program.flag("--keep", to.keep, "leave the lab running afterwards, until Ctrl-C");
  program.option("--report", to.report, "report.json; the page is put beside it");
  program.option("--dir", to.folder, "the lab's files and logs; emptied first");
  program.option("--bin", to.programs, "where the programs are");
  program.option("--network", to.network, "the lab lives in 127.0.NETWORK.0/24")
      .within(1, kNetworkMax);
  program
      .option("--coordinator-kills", to.coordinator_kills,
              "kill -9 the coordinator so many times, each when a node changes its state")
      .within(0, kKillsMax);
  program.option("--real-kubernetes", to.real_kubernetes,
                 "a real control plane in place of the double: the binary that ./dev setup --real "
                 "has built");
  program.option("--real-kafka", to.real_kafka,
                 "a real broker in place of the embedded one: the folder with Kafka's jars that "
                 "./dev setup --real has fetched");
  program.flag("--wake-faults", to.run.wake_faults,
               "worker1 loses its first packets and boots three times slower");
  program.flag("--dead-worker", to.run.dead_worker,
               "worker2 is dead once its wake was proven; worker1 boots slower, so is asked last");
}

}  // namespace

int main(int argc, char** argv) {
  lab::DemoOptions options;
  Program program(
      "lab-demo", ECOKUBE_VERSION,
      "The whole loop on one machine: three machines, Kubernetes or its double, a broker, the\n"
      "coordinator and its agents. Uploads make pods, pods wake machines, and when the work is\n"
      "done the machines are off again. Everything is judged by the lab's own log.");
  declare(program, options);
  return program.run(argc, argv, [&]() -> Result<int> {
    if (auto started = log::start("lab-demo", "warning"); !started) {
      return std::unexpected(started.error());
    }
    return lab::run_demo(options);
  });
}
