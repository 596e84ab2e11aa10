#include "bench/reaction/run.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <random>
#include <utility>

#include "bench/play.h"
#include "bench/process_cost.h"
#include "bench/reaction/poll_loop.h"
#include "bench/reaction/report.h"
#include "bench/reaction/stage.h"

namespace ecokube::bench {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds kRestTime{10};
/// Is no part of the poll loop's period, so that its demand comes at all phases of it.
constexpr milliseconds kBetweenPolled{1300};
constexpr milliseconds kGapMin{100};
constexpr milliseconds kGapMax{300};

std::string last_pod(const BenchNode& node) { return "last-" + node.name; }
std::string demand_pod_name(const BenchNode& node) { return "demand-" + node.name; }

class Run {
 public:
  Run(const asio::any_io_executor& executor, const ReactionOptions& options)
      : executor_(executor), stage_(executor, options) {}

  asio::awaitable<Result<ReactionFigures>> play();
  asio::awaitable<void> end() { return stage_.end(); }

 private:
  asio::awaitable<Result<void>> rest();
  asio::awaitable<Result<void>> put_down(std::vector<BenchNode> nodes);
  asio::awaitable<Result<void>> wake_up(std::vector<BenchNode> nodes);
  asio::awaitable<Result<void>> demand(BenchNode node);
  asio::awaitable<Result<void>> poll(std::vector<BenchNode> nodes);
  /// So that no sample keeps step with a timer of the coordinator's.
  asio::awaitable<void> gap();

  asio::any_io_executor executor_;
  Stage stage_;
  std::mt19937 random_{1};
  FirstSeen asked_;  ///< when the deletion or creation of a pod was sent, by its name
  ReactionFigures figures_;
};

asio::awaitable<void> Run::gap() {
  const auto more = random_() % static_cast<unsigned>((kGapMax - kGapMin).count());
  return pause(kGapMin + milliseconds(more));
}

asio::awaitable<Result<void>> Run::rest() {
  const auto before = work_cost(stage_.coordinator_pid());
  const auto begin = Clock::now();
  co_await pause(kRestTime);
  const std::chrono::duration<double> passed = Clock::now() - begin;
  const auto after = work_cost(stage_.coordinator_pid());
  if (!before || !after) co_return std::unexpected(before ? after.error() : before.error());
  const std::chrono::duration<double> used = after->cpu - before->cpu;
  figures_.coordinator_cpu_percent_at_rest = 100 * used.count() / passed.count();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Run::put_down(std::vector<BenchNode> nodes) {
  auto& seen = stage_.observer();
  std::vector<Clock::duration> reads;
  for (const auto& node : nodes) {
    co_await gap();
    const auto reading = Clock::now();
    if (auto read = co_await stage_.cluster().read_node(node.name); !read) co_return read;
    reads.push_back(Clock::now() - reading);
    asked_[last_pod(node)] = Clock::now();
    if (auto gone = co_await stage_.cluster().delete_pod(last_pod(node)); !gone) co_return gone;
    std::function<bool()> marked = [&] {
      return seen.marked.contains(node.name) && stage_.steps().marks_begun.contains(node.name);
    };
    if (auto done = co_await stage_.wait_for("the mark on " + node.name, marked); !done) {
      co_return done;
    }
  }
  std::function<bool()> all_off = [&] { return seen.off.size() == nodes.size(); };
  if (auto done = co_await stage_.wait_for("all to be off", all_off); !done) co_return done;
  std::vector<Clock::duration> decisions;
  std::vector<Clock::duration> marks;
  std::vector<Clock::duration> shutdowns;
  for (const auto& node : nodes) {
    const auto gone = seen.gone.at(last_pod(node));
    decisions.push_back(stage_.steps().marks_begun.at(node.name) - gone);
    marks.push_back(seen.marked.at(node.name) - gone);
    shutdowns.push_back(stage_.fleet().shutdown.at(node.name) - asked_.at(last_pod(node)));
  }
  figures_.api_read = spread_of(std::move(reads));
  figures_.last_pod_event_to_decision = spread_of(std::move(decisions));
  figures_.last_pod_event_to_mark = spread_of(std::move(marks));
  figures_.last_pod_to_shutdown = spread_of(std::move(shutdowns));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Run::demand(BenchNode node) {
  const auto name = demand_pod_name(node);
  asked_[name] = Clock::now();
  co_return co_await stage_.cluster().create_pod(demand_pod(name, node));
}

asio::awaitable<Result<void>> Run::wake_up(std::vector<BenchNode> nodes) {
  auto& seen = stage_.observer();
  auto& heard = stage_.ear().heard;
  for (const auto& node : nodes) {
    co_await gap();
    if (heard.contains(node.mac)) ++figures_.false_wakes;
    if (auto made = co_await demand(node); !made) co_return made;
    std::function<bool()> packet = [&] {
      return heard.contains(node.mac) && seen.unschedulable.contains(demand_pod_name(node));
    };
    if (auto done = co_await stage_.wait_for("the packet for " + node.name, packet); !done) {
      co_return done;
    }
    stage_.fleet().boot(node.name);
    auto ready = co_await stage_.cluster().patch_node_status(node.name, ready_patch(node.name, 2));
    if (!ready) co_return ready;
  }
  std::function<bool()> all_back = [&] { return seen.unmarked.size() == nodes.size(); };
  if (auto done = co_await stage_.wait_for("all to be back", all_back); !done) co_return done;
  std::vector<Clock::duration> from_event;
  std::vector<Clock::duration> from_pod;
  for (const auto& node : nodes) {
    const auto name = demand_pod_name(node);
    from_event.push_back(heard.at(node.mac) - seen.unschedulable.at(name));
    from_pod.push_back(heard.at(node.mac) - asked_.at(name));
  }
  figures_.watch_event_to_packet = spread_of(std::move(from_event));
  figures_.pending_to_packet = spread_of(std::move(from_pod));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Run::poll(std::vector<BenchNode> nodes) {
  auto& heard = stage_.ear().heard;
  PollLoop loop(executor_, stage_.cluster().client(), nodes, stage_.ear().address());
  std::optional<Result<void>> ended;
  asio::co_spawn(executor_, loop.run(), [&](const std::exception_ptr& error, Result<void> result) {
    ended = error ? fail(Errc::io, "the poll loop ended by an unforeseen error") : result;
  });
  Result<void> made;
  for (const auto& node : nodes) {
    co_await pause(kBetweenPolled);
    made = co_await demand(node);
    if (!made) break;
  }
  std::function<bool()> all_heard = [&] {
    return ended || std::ranges::all_of(
                        nodes, [&](const BenchNode& node) { return heard.contains(node.mac); });
  };
  if (made) made = co_await stage_.wait_for("the poll loop's packets", std::move(all_heard));
  loop.stop();
  std::function<bool()> over = [&] { return ended.has_value(); };
  auto stopped = co_await stage_.wait_for("the poll loop to end", std::move(over));
  if (!made) co_return made;
  if (!stopped) co_return stopped;
  if (!*ended) co_return *ended;
  std::vector<Clock::duration> times;
  for (const auto& node : nodes) {
    times.push_back(heard.at(node.mac) - asked_.at(demand_pod_name(node)));
  }
  figures_.poll_loop = spread_of(std::move(times));
  co_return Result<void>{};
}

asio::awaitable<Result<ReactionFigures>> Run::play() {
  if (auto done = co_await stage_.start(); !done) co_return std::unexpected(done.error());
  say("all at rest: the coordinator's share of a core");
  if (auto done = co_await rest(); !done) co_return std::unexpected(done.error());
  const auto measured = stage_.with_role(Role::measured);
  say(fmt::format("{} nodes lose their last pod, one after the other", measured.size()));
  if (auto done = co_await put_down(measured); !done) co_return std::unexpected(done.error());
  say("each is needed again");
  if (auto done = co_await wake_up(measured); !done) co_return std::unexpected(done.error());
  const auto memory = memory_cost(stage_.coordinator_pid());
  if (!memory) co_return std::unexpected(memory.error());
  figures_.coordinator_rss_kb = memory->rss_kb;
  const auto polled = stage_.with_role(Role::polled);
  say(fmt::format("the same demand {} times for a loop that polls each 5 s", polled.size()));
  if (auto done = co_await poll(polled); !done) co_return std::unexpected(done.error());
  co_return figures_;
}

}  // namespace

Result<void> run_reaction(const ReactionOptions& options) {
  asio::io_context io(1);
  Run run(io.get_executor(), options);
  auto figures = play<ReactionFigures>(io, run);
  if (!figures) return std::unexpected(std::move(figures.error()));
  return report(options, *figures);
}

}  // namespace ecokube::bench
