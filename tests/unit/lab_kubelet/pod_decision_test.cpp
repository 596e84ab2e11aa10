#include "lab/kubelet/pod_decision.h"

#include <gtest/gtest.h>

namespace ecokube::lab {
namespace {

constexpr Duration kRestartPause{1000};
constexpr Duration kStopGrace{3000};
constexpr TimePoint kNow = from_ms(100'000);

class PodDecisions : public testing::Test {
 protected:
  PodDecision next() const {
    return decide(order_, process_, situation_, kRestartPause, kStopGrace);
  }
  void runs() {
    process_.running = true;
    process_.started_at = kNow;
  }
  void ended_with(int exit_code) {
    process_.running = false;
    process_.started_at = kNow;
    process_.ended_at = kNow;
    process_.exit_code = exit_code;
  }

  PodOrder order_;
  PodProcess process_;
  PodSituation situation_{.now = kNow};
};

TEST_F(PodDecisions, ANewPodIsStarted) {
  order_.phase = "Pending";
  EXPECT_EQ(next().step, PodStep::start);
  runs();
  EXPECT_EQ(next(), PodDecision{});
}

TEST_F(PodDecisions, AnEndIsFinalOrFollowedByARestart) {
  struct Row {
    RestartPolicy policy;
    int exit_code;
    bool restarted;
  };
  for (const auto& row :
       {Row{RestartPolicy::always, 0, true}, Row{RestartPolicy::always, 1, true},
        Row{RestartPolicy::on_failure, 0, false}, Row{RestartPolicy::on_failure, 1, true},
        Row{RestartPolicy::never, 0, false}, Row{RestartPolicy::never, 1, false}}) {
    order_.restart = row.policy;
    ended_with(row.exit_code);
    situation_.now = kNow;
    if (!row.restarted) {
      EXPECT_EQ(next().step, PodStep::done) << row.exit_code;
      continue;
    }
    EXPECT_EQ(next(), (PodDecision{PodStep::wait, kNow + kRestartPause})) << row.exit_code;
    situation_.now = kNow + kRestartPause;
    EXPECT_EQ(next().step, PodStep::start) << row.exit_code;
  }
}

TEST_F(PodDecisions, DeletionAsksThenKillsAfterTheGrace) {
  runs();
  order_.deleting = true;
  order_.grace = Duration{5000};
  EXPECT_EQ(next(), (PodDecision{PodStep::ask_to_end, kNow + order_.grace}));
  process_.asked_to_end_at = kNow;
  EXPECT_EQ(next(), (PodDecision{PodStep::wait, kNow + order_.grace}));
  situation_.now = kNow + order_.grace;
  EXPECT_EQ(next().step, PodStep::kill);
  process_.killed = true;
  EXPECT_EQ(next(), PodDecision{});
  ended_with(137);
  EXPECT_EQ(next().step, PodStep::done) << "a deleted pod is never restarted";
}

TEST_F(PodDecisions, AShorterGraceCountsFromTheFirstRequest) {
  runs();
  order_.deleting = true;
  order_.grace = Duration{0};
  process_.asked_to_end_at = kNow;
  EXPECT_EQ(next().step, PodStep::kill);
}

TEST_F(PodDecisions, AVanishedPodIsKilledAtOnce) {
  runs();
  situation_.vanished = true;
  EXPECT_EQ(next().step, PodStep::kill);
  process_.killed = true;
  EXPECT_EQ(next().step, PodStep::wait);
  ended_with(137);
  EXPECT_EQ(next().step, PodStep::done);
}

TEST_F(PodDecisions, PodsOfAnEarlierBoot) {
  order_.phase = "Running";
  order_.restart = RestartPolicy::always;
  EXPECT_EQ(next().step, PodStep::start);
  order_.restart = RestartPolicy::never;
  EXPECT_EQ(next().step, PodStep::report_lost);
  process_.lost = true;
  EXPECT_EQ(next().step, PodStep::done);
  process_.lost = false;
  order_.phase = "Succeeded";
  order_.restart = RestartPolicy::always;
  EXPECT_EQ(next().step, PodStep::done);
}

TEST_F(PodDecisions, AStoppingKubeletStartsNothingAndEndsWithinItsOwnGrace) {
  situation_.stopping = true;
  EXPECT_EQ(next().step, PodStep::done);
  runs();
  EXPECT_EQ(next(), (PodDecision{PodStep::ask_to_end, kNow + kStopGrace}));
}

TEST_F(PodDecisions, WhatCannotRunIsNotStarted) {
  order_.unrunnable = "no command";
  EXPECT_EQ(next().step, PodStep::done);
}

}  // namespace
}  // namespace ecokube::lab
