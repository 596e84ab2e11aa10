#include "lab/demo/demo.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>

#include "common/log.h"
#include "lab/demo/lab_setup.h"
#include "lab/demo/stage.h"

namespace ecokube::lab {

namespace asio = boost::asio;

namespace {

constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
constexpr int kInterrupted = 130;

/// Judges what the truth log says so far; `trouble` is why the run ended early, if it did.
int judge_and_report(const DemoOptions& options, const LabLayout& lab, Progress& progress,
                     const Result<void>& played) {
  const auto text = read_file(lab.truth_log());
  if (!text) {
    progress.say(text.error().message);
    return kFailed;
  }
  const TruthLog truth = parse_truth_log(*text);
  Verdict verdict = judge(truth, rules_of(options.run));
  if (!played) {
    const std::string& why = played.error().message;
    verdict.violations.insert(verdict.violations.begin(),
                              "the run ended early: " + why.substr(0, why.find('\n')));
  }
  auto page = std::filesystem::absolute(options.report);
  std::error_code error;
  std::filesystem::create_directories(page.parent_path(), error);
  auto written = write_file(page, report_json(verdict, options.run));
  page.replace_extension(".html");
  if (written) written = write_file(page, report_html(fold(truth), verdict, options.run));
  progress.finish();
  fmt::print("\n{}\n", report_text(verdict, options.run));
  if (written) {
    fmt::print("  report: {} and {}\n", options.report.string(), page.string());
  } else {
    fmt::print("  {}\n", written.error().message);
  }
  std::fflush(stdout);
  return verdict.passed() && written ? kPassed : kFailed;
}

asio::awaitable<int> play_and_judge(const DemoOptions& options, const LabLayout& lab, Stage& stage,
                                    Progress& progress) {
  auto played = co_await stage.start();
  const bool started = played.has_value();
  if (started) played = co_await stage.play();
  if (stage.interrupted()) {
    progress.say("interrupted; ending what was started");
    co_return kInterrupted;
  }
  if (!played) progress.say("failed: " + played.error().message);
  if (!started) co_return played.error().code == Errc::config ? kWrongUse : kFailed;
  int code = judge_and_report(options, lab, progress, played);
  if (options.keep && played) {
    auto kept = co_await stage.keep();
    if (!kept) {
      progress.say(kept.error().message);
      code = kFailed;
    }
  }
  co_return code;
}

asio::awaitable<int> run_stage(const DemoOptions& options, const LabLayout& lab, Stage& stage,
                               Progress& progress) {
  const int code = co_await play_and_judge(options, lab, stage, progress);
  progress.finish();
  co_await stage.end();
  co_return code;
}

}  // namespace

int run_demo(const DemoOptions& options) {
  const LabLayout lab(options);
  asio::io_context io(1);
  Progress progress;
  Stage stage(io.get_executor(), options, lab, progress);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) stage.interrupt();
  });
  int code = kFailed;
  asio::co_spawn(io, run_stage(options, lab, stage, progress),
                 [&](std::exception_ptr error, int ended_with) {
                   code = ended_with;
                   signals.cancel();
                   if (!error) return;
                   code = kFailed;
                   log::thrown("the demo failed", error);
                   io.stop();
                 });
  io.run();
  return code;
}

}  // namespace ecokube::lab
