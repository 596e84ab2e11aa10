#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/demo/judge.h"

namespace ecokube::lab {

/// What the run was asked to do; for the reader only, no figure depends on it.
struct RunParameters {
  std::int64_t jobs = 300;
  double job_s = 5;
  double boot_s = 8;
  double cooldown_s = 30;  ///< without lag, until the pods go
  std::int64_t pods_max = 10;
  bool wake_faults = false;  ///< worker1 loses its first packets and boots three times slower
  bool dead_worker = false;  ///< kDeadWorker is proven by its one test, then never boots again
};
inline constexpr const char* kDeadWorker = "worker2";

/// What such a run must keep to.
[[nodiscard]] JudgeRules rules_of(const RunParameters& run);

/// One line beside the figures of the project's first user.
struct ComparedFigure {
  std::string what, theirs, ours;
};

[[nodiscard]] std::vector<ComparedFigure> compare(const Verdict& verdict, const RunParameters& run);
/// The least that the work itself takes: boot + jobs × time / pods.
[[nodiscard]] double work_bound_s(const RunParameters& run);
/// "-12 %" against the same work with nothing ever off; "+2 %" when boots cost more than sleep
/// saved.
[[nodiscard]] std::string energy_change_text(const Figures& figures);
/// Says that the cluster was a real one and how its times were taken; empty for the double.
[[nodiscard]] std::string cluster_text(const Figures& figures);
/// "12 ms", "3.4 s", "-" for a run that never came so far.
[[nodiscard]] std::string duration_text(const std::optional<double>& milliseconds);

/// report.json: flat figures, then the timeline and the violations.
[[nodiscard]] std::string report_json(const Verdict& verdict, const RunParameters& run);
/// The table at the end in a terminal.
[[nodiscard]] std::string report_text(const Verdict& verdict, const RunParameters& run);
/// report.html: one file with everything in it.
[[nodiscard]] std::string report_html(const History& history, const Verdict& verdict,
                                      const RunParameters& run);

}  // namespace ecokube::lab
