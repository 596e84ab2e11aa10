#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench.h"
#include "mini_fleet.h"

namespace ecokube::core::test {

/// A line of the table of faults.
struct Row {
  std::string fault;
  std::string what_happens;
  Duration took{};
};

/// "69 s", "11 min 5 s", "26 h".
inline std::string time_text(Duration time) {
  const auto whole = (time.count() + 500) / 1000;
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole >= 7200) return std::to_string(whole / 3600) + " h";
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

/// Machines that boot in about a minute, all asleep, and what was done since.
class Scene {
 public:
  Scene(int workers, const std::function<void(MiniFleet&)>& prepare = {})
      : fleet(7, workers, false, worker_policy()) {
    fleet.faults.boot_min = seconds(55);
    fleet.faults.boot_max = seconds(65);
    if (prepare) prepare(fleet);
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
    fleet.run_for(minutes(2));  // until Kubernetes has noted it too
    fleet.on_step = [this](const Step& step, const World&, TimePoint now) {
      done_.emplace_back(step, now);
    };
    begun_ = fleet.now;
  }
  /// A pod that needs a node of its own; how long it then waited.
  Duration need(Duration life = minutes(60)) {
    begun_ = fleet.now;
    fleet.add_pod(life, kWholeNode);
    EXPECT_TRUE(fleet.run_until([&] { return fleet.pods_waiting() == 0; }, minutes(120)));
    return since_begun();
  }
  void begin() { begun_ = fleet.now; }
  [[nodiscard]] Duration since_begun() const { return fleet.now - begun_; }
  [[nodiscard]] int count(const NodeName& node, Verb verb) const {
    return static_cast<int>(std::count_if(done_.begin(), done_.end(), [&](const auto& done) {
      return done.first.id.subject == node && done.first.id.verb == verb;
    }));
  }
  [[nodiscard]] bool was_started(const NodeName& node) const { return count(node, Verb::wake) > 0; }
  void until(const std::function<bool()>& done) {
    EXPECT_TRUE(fleet.run_until(done, minutes(240))) << fleet.describe();
  }
  [[nodiscard]] Lifecycle state(const NodeName& name) const {
    return fleet.world.nodes.at(name).state;
  }
  ~Scene() {
    for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  MiniFleet fleet;

 private:
  std::vector<std::pair<Step, TimePoint>> done_;
  TimePoint begun_;
};

/// Faults of whole fleets, and of who is who: how many are lost, and how often a wrong one is hit.
[[nodiscard]] std::vector<Row> rows_of_fleets();

}  // namespace ecokube::core::test
