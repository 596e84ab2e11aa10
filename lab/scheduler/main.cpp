#include "common/program.h"
#include "lab/scheduler/scheduler.h"

int main(int argc, char** argv) {
  using namespace ecokube;
  lab::ControllerOptions options;
  Program program(
      "lab-scheduler", ECOKUBE_VERSION,
      "The lab's scheduler: binds pods to nodes by requests, taints, selectors and readiness, "
      "packing them on the fullest node, and marks those that fit nowhere as unschedulable.");
  lab::declare_controller(program, options);
  return program.run(argc, argv, [&] { return lab::run_controller(options, lab::make_scheduler); });
}
