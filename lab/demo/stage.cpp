#include "lab/demo/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <utility>

#include "common/log.h"
#include "lab/demo/clip.h"
#include "lab/demo/uploads.h"

namespace ecokube::lab {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::milliseconds kUploadPace{200};
constexpr const char* kPods = "/api/v1/namespaces/default/pods";

json::object bare_pod() {
  const json::object container{
      {"name", "main"},
      {"image", "sleep"},
      {"command", json::array{"sleep", "1"}},
      {"resources", {{"requests", {{"cpu", "200m"}, {"memory", "64Mi"}}}}}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", "reaction"}, {"namespace", "default"}}},
          {"spec", {{"restartPolicy", "Never"}, {"containers", json::array{container}}}}};
}

}  // namespace

void Stage::phase(const std::string& name) { observer_->set_phase(name); }

std::chrono::seconds Stage::time_for_boots() const {
  constexpr std::chrono::seconds kBesides{60};
  return kBesides + std::chrono::seconds(static_cast<std::int64_t>(options_.run.boot_s * 6));
}

asio::awaitable<Result<void>> Stage::pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(executor_);
  timer.expires_after(time);
  co_await timer.async_wait(asio::use_awaitable);
  if (interrupted_) co_return fail(Errc::refused, "interrupted");
  co_return make_trouble();
}

Result<void> Stage::make_trouble() {
  if (kills_left_ == 0) return {};
  std::string states;
  for (const auto& [name, node] : observer_->nodes()) {
    if (node.state == "Unknown") return {};  // the last kill is not over yet
    states += name + " " + node.state + " ";
  }
  if (!states_seen_.insert(states).second) return {};
  --kills_left_;
  progress_.say("kill -9 of the coordinator at: " + states);
  return processes_.kill_and_restart("ecokube-coordinator");
}

asio::awaitable<Result<void>> Stage::wait_until(std::string what, std::chrono::seconds limit,
                                                Condition condition) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (auto dead = processes_.dead()) co_return fail(Errc::io, *dead);
    if (std::chrono::steady_clock::now() > until) {
      co_return fail(Errc::timeout,
                     fmt::format("waited {} s for {}; logs are in {}{}", limit.count(), what,
                                 lab_.log("x").parent_path().string(),
                                 observer_ ? observer_->nodes_text() : std::string()));
    }
    if (auto done = co_await pause(kLook); !done) co_return done;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Stage::play() {
  if (auto done = co_await prove_wakes(); !done) co_return done;
  kills_left_ = options_.coordinator_kills;
  if (auto done = co_await wait_for_sleep("policy to put both workers to sleep"); !done) {
    co_return done;
  }
  if (auto done = co_await react_to_a_pod(); !done) co_return done;
  if (auto done = co_await wait_for_sleep("the woken worker to sleep again"); !done) co_return done;
  if (auto done = co_await upload_all(); !done) co_return done;
  if (auto done = co_await wait_for_sleep("both workers to be off after the last job"); !done) {
    co_return done;
  }
  // Long enough to see a machine that comes up again for nothing.
  co_return co_await pause(std::chrono::seconds(3));
}

asio::awaitable<Result<void>> Stage::prove_wakes() {
  phase("proving that each worker can be woken");
  for (const LabNode& node : kLabNodes) {
    if (node.control_plane) continue;
    const std::string name(node.name);
    progress_.say("ecoctl test-wake " + name);
    std::vector<std::string> argv{"ecoctl", "--socket", lab_.api_socket().string(),    "test-wake",
                                  name,     "--reason", "proven once at the beginning"};
    constexpr std::chrono::seconds kCommandLimit{20};
    auto asked = co_await processes_.run("ecoctl", std::move(argv), kCommandLimit);
    if (!asked) co_return asked;
    Condition proven = [this, name] {
      const auto found = observer_->nodes().find(name);
      return found != observer_->nodes().end() && found->second.wake_proven;
    };
    auto done = co_await wait_until("the wake of " + name + " to be proven", time_for_boots(),
                                    std::move(proven));
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

std::string_view Stage::asleep_state(const LabNode& worker) const {
  const bool dead = options_.run.dead_worker && worker.name == kDeadWorker;
  return dead && woken_by_demand_ ? "Quarantined" : "PoweredDown";
}

asio::awaitable<Result<void>> Stage::wait_for_sleep(std::string when) {
  Condition asleep = [this] {
    return std::ranges::all_of(kLabNodes, [this](const LabNode& node) {
      if (node.control_plane) return true;
      const auto found = observer_->nodes().find(std::string(node.name));
      return observer_->machine_state(node.name) == "off" && found != observer_->nodes().end() &&
             found->second.state == asleep_state(node);
    });
  };
  phase("waiting for " + when);
  auto done = co_await wait_until(std::move(when), time_for_boots(), std::move(asleep));
  if (done) progress_.say("both workers are off");
  co_return done;
}

asio::awaitable<Result<void>> Stage::react_to_a_pod() {
  phase("one pending pod wakes one node");
  progress_.say("creating a bare pod");
  woken_by_demand_ = true;
  json::value pod = bare_pod();
  auto made = co_await cluster_->call("POST", kPods, std::move(pod));
  if (!made) co_return fail_while("creating a pod", made.error());
  const auto until = std::chrono::steady_clock::now() + time_for_boots();
  const std::string target = std::string(kPods) + "/reaction";
  while (true) {
    auto now = co_await cluster_->get(target);
    if (!now) co_return fail_while("looking at the pod", now.error());
    json::error_code error;
    const auto* phase_now = now->find_pointer("/status/phase", error);
    if (phase_now != nullptr && *phase_now == "Succeeded") break;
    if (auto dead = processes_.dead()) co_return fail(Errc::io, *dead);
    if (std::chrono::steady_clock::now() > until) {
      co_return fail(Errc::timeout, fmt::format("the bare pod was not run within {} s{}",
                                                time_for_boots().count(), observer_->nodes_text()));
    }
    constexpr std::chrono::milliseconds kLookAtPod{200};
    if (auto done = co_await pause(kLookAtPod); !done) co_return done;
  }
  json::value none;
  auto removed = co_await cluster_->call("DELETE", target, std::move(none));
  if (!removed) co_return fail_while("deleting the pod", removed.error());
  progress_.say("the pod ran on a woken node");
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Stage::upload_all() {
  const auto& run = options_.run;
  phase("uploads");
  progress_.say(fmt::format("uploading {} clips to {}, one each 0.2 s", run.jobs, upload_url_));
  auto service = parse_http_url(upload_url_);
  if (!service) co_return std::unexpected(service.error());
  Uploads uploads(executor_, service->first, make_clip());
  bool ended = false;
  asio::co_spawn(executor_, uploads.run(run.jobs, kUploadPace), [&ended](std::exception_ptr error) {
    log::thrown("uploading failed", error);
    ended = true;
  });
  constexpr double kPatience = 2;
  constexpr double kBesides_s = 120;
  const double upload_s = static_cast<double>(run.jobs) * 0.2;
  const std::chrono::seconds limit(
      static_cast<std::int64_t>(kPatience * (work_bound_s(run) + upload_s) + kBesides_s));
  Condition done = [&] {
    return ended && uploads.given_up() == 0 &&
           static_cast<std::int64_t>(observer_->history().results.size()) >= run.jobs;
  };
  auto waited = co_await wait_until("all jobs to be done", limit, std::move(done));
  // They live in this frame.
  uploads.stop();
  while (!ended) {
    asio::steady_timer timer(executor_);
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::use_awaitable);
  }
  if (!waited && uploads.given_up() > 0) {
    co_return fail(Errc::io, fmt::format("{} uploads were given up: {}", uploads.given_up(),
                                         uploads.last_error()));
  }
  if (!waited) co_return waited;
  progress_.say(fmt::format("all {} jobs are done", run.jobs));
  phase(fmt::format("{} s without lag, then no pods", run.cooldown_s));
  Condition no_pods = [this] {
    const auto& pods = observer_->history().pods;
    return pods.empty() || pods.back().count == 0;
  };
  constexpr std::chrono::seconds kBesidesCooldown{60};
  const auto cooldown_limit =
      kBesidesCooldown + std::chrono::seconds(static_cast<std::int64_t>(run.cooldown_s));
  co_return co_await wait_until("the pods to go", cooldown_limit, std::move(no_pods));
}

asio::awaitable<Result<void>> Stage::keep() {
  progress_.finish();
  progress_.say("the lab stays; end it with Ctrl-C. To play with it:");
  progress_.say(
      fmt::format("  {} --socket {} nodes", lab_.program("ecoctl"), lab_.api_socket().string()));
  progress_.say("  upload page: " + upload_url_);
  Condition never = [] { return false; };
  constexpr std::chrono::hours kLong{24 * 30};
  auto ended = co_await wait_until("Ctrl-C", kLong, std::move(never));
  if (interrupted_) co_return Result<void>{};
  co_return ended;
}

asio::awaitable<void> Stage::end() {
  if (observer_) {
    observer_->stop();
    while (!observer_->stopped()) {
      asio::steady_timer timer(executor_);
      timer.expires_after(kLook);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
  co_await processes_.end_all();
}

}  // namespace ecokube::lab
