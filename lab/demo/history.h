#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/demo/truth_log.h"

namespace ecokube::lab {

using Nanoseconds = std::int64_t;  ///< CLOCK_BOOTTIME, as in the truth log
inline constexpr double kNsPerSecond = 1e9;

/// A record is in the broker a little before eco-upload writes that it was acknowledged, so what it
/// causes may even come first.
inline constexpr Nanoseconds kAcknowledgeSlack = 200'000'000;

/// What happened, sorted by what it happened to. Folded from the truth log alone.
struct History {
  struct StateChange {
    Nanoseconds at;
    std::string state;  ///< "off", "booting", "on", "dying"
  };
  struct EnergySample {
    Nanoseconds at;
    double joules, watts, busy_s;
  };
  struct Off {
    std::optional<Nanoseconds> asked_at, off_at;
    std::vector<std::string> alive_when_asked, alive_when_off;
    bool cut = false;
  };
  struct Machine {
    double idle_watts = 0, peak_watts = 0;
    std::vector<StateChange> states;
    std::vector<EnergySample> energy;
    std::vector<Off> offs;
    std::vector<Nanoseconds> packets;  ///< valid ones, lost or not
    std::int64_t packets_invalid = 0, wakes = 0;

    [[nodiscard]] std::string state_at(Nanoseconds at) const;  ///< "off" before the first
  };
  struct Job {
    std::optional<Nanoseconds> acknowledged_at, result_at;
    std::int64_t starts = 0, results = 0;
  };
  struct PodGone {
    Nanoseconds at;
    std::string node;
  };
  struct Scaled {
    Nanoseconds at;
    std::int64_t replicas;
  };
  struct Marked {
    Nanoseconds at;
    std::string node;
  };
  struct PodsAlive {
    Nanoseconds at;
    std::int64_t count;
  };

  Nanoseconds begin = 0, end = 0;
  std::map<std::string, Machine> machines;
  std::map<std::string, Job> jobs;
  std::vector<Nanoseconds> acknowledged, results;  ///< one for each record and result, in order
  std::vector<PodsAlive> pods;                     ///< by their processes; changes only
  std::vector<PodGone> pods_gone;                  ///< ended or deleted, whichever came first
  std::vector<Nanoseconds> unschedulable;
  std::vector<Scaled> scaled;
  std::vector<Marked> marks;  ///< our taint was set
  bool witnessed = false;     ///< what the cluster did is dated by when a watch told it
};

[[nodiscard]] History fold(const TruthLog& log);

}  // namespace ecokube::lab
