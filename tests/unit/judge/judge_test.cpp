// Goal: a good run passes with the right figures, and every kind of bad run fails with a sentence
// that says what was bad.
#include "lab/demo/judge.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <functional>

namespace ecokube::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Line {
  double at_s;
  std::string source, event;
  boost::json::object fields;
};
using Lines = std::vector<Line>;

std::string text_of(const Lines& run) {
  std::string text;
  for (const Line& line : run) {
    boost::json::object object = line.fields;
    object["at_ns"] = static_cast<std::int64_t>((100 + line.at_s) * 1e9);
    object["source"] = line.source;
    object["event"] = line.event;
    text += boost::json::serialize(object) + "\n";
  }
  return text;
}

void boot(Lines& run, const std::string& node, double at_s, const char* cause) {
  const std::string source = "machine/" + node;
  run.push_back({at_s, source, "powered_on", {{"cause", cause}}});
  run.push_back({at_s + 8, source, "boot_done", {}});
}

void power_off(Lines& run, const std::string& node, double at_s) {
  const std::string source = "machine/" + node;
  run.push_back({at_s, source, "power_off_asked", {{"pods_alive", boost::json::array{}}}});
  run.push_back({at_s + 2,
                 source,
                 "powered_off",
                 {{"pods_alive", boost::json::array{}}, {"cause", "asked"}}});
}

void energy(Lines& run, const std::string& node, double at_s, double joules, double busy_s) {
  run.push_back({at_s,
                 "machine/" + node,
                 "energy",
                 {{"joules_total", joules}, {"watts", 8.0}, {"busy_s", busy_s}}});
}

void pod(Lines& run, const std::string& node, const std::string& uid, double from_s, double to_s) {
  run.push_back({from_s, "api", "pod_bound", {{"uid", uid}, {"node", node}}});
  run.push_back({from_s + 0.1, "kubelet/" + node, "pod_started", {{"uid", uid}}});
  run.push_back({to_s, "kubelet/" + node, "pod_ended", {{"uid", uid}, {"exit_code", 0}}});
  run.push_back({to_s + 0.1, "api", "pod_deleted", {{"uid", uid}, {"node", node}}});
}

/// Two jobs on one worker; the other only slept.
Lines good_run() {
  Lines run;
  for (const char* node : {"master", "worker1", "worker2"}) {
    run.push_back({0,
                   std::string("machine/") + node,
                   "machine_started",
                   {{"idle_watts", 8.0}, {"peak_watts", 28.0}, {"off_watts", 0.8}}});
    boot(run, node, 0, "start");
  }
  power_off(run, "worker1", 20);
  power_off(run, "worker2", 20);
  run.push_back({30, "api", "pod_unschedulable", {{"uid", "bare"}, {"name", "bare"}}});
  run.push_back({30.02, "machine/worker1", "packet_valid", {{"while", "off"}}});
  boot(run, "worker1", 30.02, "packet");
  pod(run, "worker1", "bare", 39, 40);
  run.push_back({40.2, "api", "node_tainted", {{"node", "worker1"}}});
  power_off(run, "worker1", 42.5);

  for (const int job : {1, 2}) {
    const auto id = fmt::format("job-{}", job);
    run.push_back({50.0 + job, "upload", "record_acknowledged", {{"job_id", id}}});
    run.push_back({60.0 + job, "worker/a", "job_started", {{"job_id", id}}});
    run.push_back({65.0 + job, "upload", "result_stored", {{"job_id", id}, {"worker", "a"}}});
  }
  run.push_back({51.25, "api", "scaled", {{"replicas", 2}}});
  run.push_back({51.3, "machine/worker1", "packet_valid", {{"while", "off"}}});
  boot(run, "worker1", 51.3, "packet");
  pod(run, "worker1", "a", 60, 97);
  pod(run, "worker1", "b", 60, 97.4);
  run.push_back({97, "api", "scaled", {{"replicas", 0}}});
  run.push_back({97.505, "api", "node_tainted", {{"node", "worker1"}}});
  power_off(run, "worker1", 99.75);
  for (const char* node : {"master", "worker1", "worker2"}) {
    energy(run, node, 0, 0, 0);
    energy(run, node, 80, 1000, 10);
    energy(run, node, 111, 1450, 17);  // at full load for 17 s so far
  }
  return run;
}

JudgeRules rules() { return {.jobs = 2}; }

std::vector<std::string> violations_of(const Lines& run) {
  return judge(parse_truth_log(text_of(run)), rules()).violations;
}

Line& find(Lines& run, std::string_view source, std::string_view event, int number = 0) {
  for (Line& line : run) {
    if (line.source == source && line.event == event && number-- == 0) return line;
  }
  throw std::runtime_error("no such line");
}

void drop(Lines& run, std::string_view source, std::string_view event, int number = 0) {
  const Line* line = &find(run, source, event, number);
  run.erase(run.begin() + (line - run.data()));
}

TEST(Judge, AGoodRunPassesWithTheRightFigures) {
  const Verdict verdict = judge(parse_truth_log(text_of(good_run())), rules());
  EXPECT_THAT(verdict.violations, IsEmpty());
  const Figures& figures = verdict.figures;
  EXPECT_EQ(figures.jobs_uploaded, 2);
  EXPECT_EQ(figures.jobs_done, 2);
  EXPECT_EQ(figures.jobs_lost, 0);
  EXPECT_EQ(figures.jobs_doubled, 0);
  EXPECT_EQ(figures.jobs_redone, 0);
  EXPECT_EQ(figures.pods_max, 2);
  EXPECT_EQ(figures.pods_end, 0);
  EXPECT_EQ(figures.wakes, 2);
  EXPECT_EQ(figures.shutdowns, 4);
  constexpr double kMs = 0.01;
  EXPECT_NEAR(figures.pending_to_magic_packet_ms.value(), 20, kMs);
  EXPECT_NEAR(figures.scale_out_reaction_ms.value(), 250, kMs);
  EXPECT_NEAR(figures.record_to_magic_packet_ms.value(), 300, kMs);
  EXPECT_NEAR(figures.last_pod_event_to_mark_ms.value(), 5, kMs);
  EXPECT_NEAR(figures.last_pod_to_shutdown_ms.value(), 2250, kMs);
  EXPECT_NEAR(figures.last_pod_to_off_ms.value(), 4250, kMs);
  EXPECT_NEAR(figures.last_result_to_zero_pods_ms.value(), 30400, kMs);
  EXPECT_NEAR(figures.total_s.value(), 16, kMs);
}

TEST(Judge, NodesOnTimelineSaysWhoWasOn) {
  const auto timeline =
      judge(parse_truth_log(text_of(good_run())), rules()).figures.nodes_on_timeline;
  ASSERT_EQ(timeline.size(), 6U);
  EXPECT_THAT(timeline[0].names, ElementsAre("master", "worker1", "worker2"));
  EXPECT_THAT(timeline[1].names, ElementsAre("master"));
  EXPECT_NEAR(timeline[1].at_s, 22, 0.001) << "on until the power is gone, not until asked";
  EXPECT_THAT(timeline[2].names, ElementsAre("master", "worker1"));
  EXPECT_THAT(timeline[5].names, ElementsAre("master"));
}

TEST(Judge, EnergyIsCountedOnceAllMachinesAreOn) {
  const Figures figures = judge(parse_truth_log(text_of(good_run())), rules()).figures;
  EXPECT_NEAR(figures.energy_seconds, 103, 0.001) << "the first boots are nobody's wake";
  EXPECT_NEAR(figures.energy_joules, 3 * (1450 - 100), 0.1)
      << "a tenth of the first 1000 J is gone";
  EXPECT_NEAR(figures.energy_always_on_joules, 3 * (8 * 103 + 20 * 16), 0.1);
}

TEST(Judge, TheOrderOfLinesInTheFileDoesNotMatter) {
  Lines shuffled = good_run();
  std::ranges::reverse(shuffled);
  EXPECT_THAT(violations_of(shuffled), IsEmpty());
}

TEST(Judge, LostJob) {
  Lines run = good_run();
  drop(run, "upload", "result_stored", 1);
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("1 jobs were lost: no result of job-2")));
}

TEST(Judge, DoubledJob) {
  Lines run = good_run();
  run.push_back({70, "upload", "result_stored", {{"job_id", "job-1"}, {"worker", "b"}}});
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("1 jobs were doubled")));
}

TEST(Judge, RedoneJobIsCountedAndAllowed) {
  Lines run = good_run();
  run.push_back({64, "worker/b", "job_started", {{"job_id", "job-1"}}});
  const Verdict verdict = judge(parse_truth_log(text_of(run)), rules());
  EXPECT_TRUE(verdict.passed());
  EXPECT_EQ(verdict.figures.jobs_redone, 1);
}

TEST(Judge, MissingUpload) {
  Lines run = good_run();
  drop(run, "upload", "record_acknowledged", 1);
  EXPECT_THAT(violations_of(run),
              ElementsAre(HasSubstr("results belong to no upload: job-2"),
                          HasSubstr("1 uploads were acknowledged instead of 2")));
}

TEST(Judge, AskedToPowerOffWithAPodAlive) {
  Lines run = good_run();
  find(run, "machine/worker1", "power_off_asked", 2).fields["pods_alive"] =
      boost::json::array{"uid-7"};
  EXPECT_THAT(violations_of(run),
              ElementsAre(HasSubstr("worker1 was asked to power off at 99.8 s with 1 pods alive: "
                                    "uid-7")));
}

TEST(Judge, PoweredOffWithAPodAlive) {
  Lines run = good_run();
  find(run, "machine/worker1", "powered_off", 2).fields["pods_alive"] =
      boost::json::array{"uid-7", "uid-8"};
  EXPECT_THAT(violations_of(run),
              ElementsAre(HasSubstr("worker1 powered off at 101.8 s with 2 pods alive")));
}

TEST(Judge, WorkerLeftOn) {
  Lines run = good_run();
  drop(run, "machine/worker1", "powered_off", 2);
  EXPECT_THAT(violations_of(run), ElementsAre("worker1 is dying at the end and must be off"));
  drop(run, "machine/worker1", "power_off_asked", 2);
  EXPECT_THAT(violations_of(run), ElementsAre("worker1 is on at the end and must be off"));
}

TEST(Judge, MasterPoweredOff) {
  Lines run = good_run();
  power_off(run, "master", 70);
  EXPECT_THAT(violations_of(run),
              ElementsAre(HasSubstr("master must stay on and was powered off at 70.0 s"),
                          HasSubstr("master is off at the end")));
}

TEST(Judge, MachineThatNeverAppeared) {
  Lines run = good_run();
  std::erase_if(run, [](const Line& line) { return line.source == "machine/worker2"; });
  EXPECT_THAT(violations_of(run), ElementsAre("worker2 never appeared"));
}

TEST(Judge, PowerCut) {
  Lines run = good_run();
  find(run, "machine/worker1", "powered_off", 2).fields["cause"] = "cut";
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("worker1 lost its power at 101.8 s")));
  JudgeRules lenient = rules();
  lenient.power_cuts_expected = true;
  EXPECT_TRUE(judge(parse_truth_log(text_of(run)), lenient).passed());
}

TEST(Judge, TooManyPodsAndPodsLeft) {
  Lines run = good_run();
  for (int i = 0; i < 9; ++i) {
    run.push_back({62, "kubelet/worker1", "pod_started", {{"uid", fmt::format("extra-{}", i)}}});
  }
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("11 pods were alive at a time")))
      << "power-off ends them";
  run.push_back({120, "kubelet/worker1", "pod_started", {{"uid", "late"}}});
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("11 pods were alive"),
                                              HasSubstr("1 pods are still alive at the end")));
}

TEST(Judge, WorkerOnWhenTheUploadsBegin) {
  Lines run = good_run();
  boot(run, "worker2", 45, "button");
  power_off(run, "worker2", 70);
  EXPECT_THAT(violations_of(run),
              ElementsAre(HasSubstr("worker2 was booting when the first upload came")));
  Lines woken = good_run();
  boot(woken, "worker2", 50.9, "packet");
  power_off(woken, "worker2", 70);
  EXPECT_THAT(violations_of(woken), IsEmpty()) << "by the record, which is there before its answer";
}

TEST(Judge, Packets) {
  Lines run = good_run();
  run.push_back({55, "machine/worker2", "packet_invalid", {{"why", "5 bytes"}}});
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("1 packets at the wake port of worker2")));
  run = good_run();
  std::erase_if(run, [](const Line& line) { return line.event == "packet_valid"; });
  EXPECT_THAT(violations_of(run), ElementsAre(HasSubstr("no pending pod was answered"),
                                              HasSubstr("no magic packet came after")));
}

JudgeRules with_worker2_dead() {
  JudgeRules out = rules();
  out.dead = {"worker2"};
  return out;
}

TEST(Judge, ADeadMachineIsWokenInVainAndGivenUp) {
  Lines run = good_run();
  for (const double at_s : {30.01, 32.01, 34.01}) {
    run.push_back({at_s, "machine/worker2", "packet_valid", {{"while", "off"}}});
  }
  EXPECT_THAT(judge(parse_truth_log(text_of(run)), with_worker2_dead()).violations, IsEmpty());
  run.push_back({68, "machine/worker2", "packet_valid", {{"while", "off"}}});
  EXPECT_THAT(judge(parse_truth_log(text_of(run)), with_worker2_dead()).violations,
              ElementsAre(HasSubstr("worker2 was not given up")));
}

TEST(Judge, ADeadMachineThatNobodyTriedToWakeShowsNothing) {
  Lines run = good_run();
  const auto violations_now = [&] {
    return judge(parse_truth_log(text_of(run)), with_worker2_dead()).violations;
  };
  EXPECT_THAT(violations_now(), ElementsAre(HasSubstr("0 packets came after its last off")));
  run.push_back({15, "machine/worker2", "packet_valid", {{"while", "on"}}});
  run.push_back({21, "machine/worker2", "packet_valid", {{"while", "dying"}}});
  run.push_back({30, "machine/worker2", "packet_valid", {{"while", "off"}}});
  EXPECT_THAT(violations_now(), ElementsAre(HasSubstr("1 packets came after its last off")))
      << "only what found it dead counts, and a packet is repeated";
}

TEST(Judge, ADeadMachineThatCameIsNotDead) {
  Lines run = good_run();
  run.push_back({30.01, "machine/worker2", "packet_valid", {{"while", "off"}}});
  run.push_back({32.01, "machine/worker2", "packet_valid", {{"while", "off"}}});
  boot(run, "worker2", 32.01, "packet");
  power_off(run, "worker2", 45);
  EXPECT_THAT(judge(parse_truth_log(text_of(run)), with_worker2_dead()).violations,
              ElementsAre(HasSubstr("worker2 was to be woken in vain")));
}

TEST(Judge, NothingAtAllIsNoGoodRun) {
  const Verdict verdict = judge(parse_truth_log(""), rules());
  EXPECT_FALSE(verdict.passed());
  EXPECT_FALSE(verdict.figures.total_s);
}

TEST(Judge, ABrokenLogIsNotTrusted) {
  const std::string text = text_of(good_run()) + "{\"at_ns\": 1, \"sou\n";
  EXPECT_THAT(judge(parse_truth_log(text), rules()).violations,
              ElementsAre(HasSubstr("of the truth log is not readable")));
}

}  // namespace
}  // namespace ecokube::lab
