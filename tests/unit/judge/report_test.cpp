// Goal: the report says what the judge found, in JSON a script can read, a table a person can read
// and a page that needs nothing from outside.
#include "lab/demo/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "lab/demo/run_series.h"

namespace ecokube::lab {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Nanoseconds kSecond = 1'000'000'000;

History short_run() {
  History history;
  history.begin = 10 * kSecond;
  history.end = 70 * kSecond;
  auto& machine = history.machines["worker<1>"];
  machine.idle_watts = 8;
  machine.peak_watts = 28;
  machine.states = {{10 * kSecond, "off"}, {20 * kSecond, "on"}, {40 * kSecond, "off"}};
  machine.energy = {{20 * kSecond, 0, 18, 0}, {40 * kSecond, 360, 0.8, 10}};
  history.acknowledged = {15 * kSecond, 16 * kSecond};
  history.results = {30 * kSecond};
  history.pods = {{25 * kSecond, 1}, {35 * kSecond, 0}};
  return history;
}

Verdict verdict() {
  Verdict out;
  out.figures.jobs_uploaded = 300;
  out.figures.jobs_done = 299;
  out.figures.jobs_lost = 1;
  out.figures.scale_out_reaction_ms = 250.1239;
  out.figures.energy_joules = 75;
  out.figures.energy_always_on_joules = 100;
  out.figures.nodes_on_timeline = {{0, {"master"}}, {1.5, {"master", "worker1"}}};
  out.violations = {"1 jobs were lost: no result of <job>"};
  return out;
}

TEST(Report, JsonHasTheFields) {
  const auto report = boost::json::parse(report_json(verdict(), {})).as_object();
  for (const char* field :
       {"jobs_uploaded", "jobs_done", "jobs_lost", "jobs_doubled", "jobs_redone", "pods_max",
        "pods_end", "nodes_on_timeline", "wakes", "shutdowns", "scale_out_reaction_ms",
        "record_to_magic_packet_ms", "pending_to_magic_packet_ms", "last_pod_event_to_mark_ms",
        "last_pod_to_shutdown_ms", "total_s", "energy_joules", "energy_always_on_joules",
        "violations"}) {
    EXPECT_TRUE(report.contains(field)) << field;
  }
  EXPECT_EQ(report.at("passed"), false);
  EXPECT_EQ(report.at("jobs_lost"), 1);
  EXPECT_EQ(report.at("scale_out_reaction_ms"), 250.124);
  EXPECT_TRUE(report.at("total_s").is_null()) << "the run never came so far";
  EXPECT_EQ(report.at("nodes_on_timeline").at(1).at("on"), 2);
  EXPECT_EQ(report.at("violations").as_array().size(), 1U);
}

TEST(Report, TextNamesViolations) {
  const std::string text = report_text(verdict(), {});
  EXPECT_THAT(text, HasSubstr("299 of 300, 1 lost, 0 doubled"));
  EXPECT_THAT(text, HasSubstr("violation: 1 jobs were lost"));
  EXPECT_THAT(text, HasSubstr("FAILED: 1 violations"));
  EXPECT_THAT(report_text({}, {}), HasSubstr("passed: no violation"));
}

TEST(Report, SaysHowARealClustersTimesWereTaken) {
  Verdict real = verdict();
  EXPECT_THAT(report_text(real, {}), Not(HasSubstr("witness")));
  EXPECT_THAT(report_html(short_run(), real, {}), Not(HasSubstr("witness")));
  real.figures.cluster_witnessed = true;
  EXPECT_THAT(report_text(real, {}), HasSubstr("when a watch told the lab's witness"));
  EXPECT_THAT(report_html(short_run(), real, {}), HasSubstr("A real Kubernetes control plane"));
  EXPECT_THAT(report_json(real, {}), HasSubstr("real, by a witness's watch"));
}

TEST(Report, PageIsWholeAndEscaped) {
  const std::string page = report_html(short_run(), verdict(), {});
  EXPECT_THAT(page, HasSubstr("no result of &lt;job&gt;"));
  EXPECT_THAT(page, HasSubstr("worker&lt;1&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("worker<1>")));
  EXPECT_THAT(page, Not(HasSubstr("http"))) << "nothing is fetched";
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(report_html({}, {}, {}), HasSubstr("</svg>")) << "an empty run is drawn too";
}

TEST(Report, SeriesFollowTheRun) {
  const RunSeries series = series_of(short_run());
  EXPECT_DOUBLE_EQ(series.end_s, 60);
  EXPECT_DOUBLE_EQ(value_at(series.lag, 4.9), 0);
  EXPECT_DOUBLE_EQ(value_at(series.lag, 7), 2);
  EXPECT_DOUBLE_EQ(value_at(series.lag, 25), 1);
  EXPECT_DOUBLE_EQ(value_at(series.pods, 20), 1);
  EXPECT_DOUBLE_EQ(value_at(series.watts, 15), 18);
  EXPECT_DOUBLE_EQ(value_at(series.watts_always_on, 15), 18) << "half busy: 8 + 20 / 2";
  ASSERT_EQ(series.nodes.at("worker<1>").size(), 3U);
  EXPECT_EQ(series.nodes.at("worker<1>")[1].state, "on");
}

TEST(Report, Durations) {
  EXPECT_EQ(duration_text(std::nullopt), "-");
  EXPECT_EQ(duration_text(12.4), "12 ms");
  EXPECT_EQ(duration_text(3400), "3.4 s");
  EXPECT_EQ(duration_text(302'000), "5 min 2 s");
  EXPECT_DOUBLE_EQ(work_bound_s({}), 158);
}

}  // namespace
}  // namespace ecokube::lab
