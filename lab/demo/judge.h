#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/demo/history.h"

namespace ecokube::lab {

/// What a run must keep to.
struct JudgeRules {
  std::vector<std::string> stay_on{"master"};
  std::vector<std::string> off_at_end{"worker1", "worker2"};  ///< and off when the uploads begin
  std::vector<std::string> dead{};  ///< woken in vain, again and again, until that is given up
  std::int64_t pods_max = 10;
  std::int64_t jobs = 0;             ///< uploads that the run was to make
  bool reaction_phase = true;        ///< a bare pod was to wake a node before the uploads
  bool power_cuts_expected = false;  ///< by a fault test
};

struct NodesOn {
  double at_s;
  std::vector<std::string> names;
};

/// Times are nullopt when the run never came so far.
struct Figures {
  std::int64_t jobs_uploaded = 0, jobs_done = 0, jobs_lost = 0, jobs_doubled = 0, jobs_redone = 0;
  std::int64_t pods_max = 0, pods_end = 0;
  std::vector<NodesOn> nodes_on_timeline;
  std::int64_t wakes = 0, shutdowns = 0;
  bool cluster_witnessed = false;                   ///< its times are those of a witness's watch
  std::optional<double> scale_out_reaction_ms;      ///< first record → scale accepted
  std::optional<double> record_to_magic_packet_ms;  ///< → first valid packet at a wake port
  std::optional<double> pending_to_magic_packet_ms;
  std::optional<double> last_pod_event_to_mark_ms;  ///< of the slower node
  std::optional<double> last_pod_to_shutdown_ms;    ///< settle time included
  std::optional<double> last_pod_to_off_ms;
  std::optional<double> last_result_to_zero_pods_ms;
  std::optional<double> total_s;  ///< first upload → last result
  /// From when all machines were on to the end; always-on: the same time and work, nothing off.
  double energy_joules = 0, energy_always_on_joules = 0, energy_seconds = 0;
};

struct Verdict {
  Figures figures;
  std::vector<std::string> violations;
  [[nodiscard]] bool passed() const { return violations.empty(); }
};

/// Judges a run by the truth log alone; nothing the coordinator says is heard.
[[nodiscard]] Verdict judge(const TruthLog& log, const JudgeRules& rules);
[[nodiscard]] Figures measure(const History& history);

}  // namespace ecokube::lab
