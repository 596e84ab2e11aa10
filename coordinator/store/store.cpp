#include "coordinator/store/store.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "coordinator/store/database.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kQueueMax = 16'384;
constexpr std::chrono::seconds kWriteLimit{20};
constexpr std::int64_t kPruneEvery = 1'000;  // outcomes

/// Where a writer waits. Touched on the executor's thread only, but for its executor.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& executor)
      : bell(executor, asio::steady_timer::clock_type::now() + kWriteLimit) {}
  asio::steady_timer bell;
  std::optional<Result<void>> result;
};

struct WriteIntent {
  core::Step step;
  TimePoint at;
  std::shared_ptr<Waiter> waiter;
};
struct WriteOutcome {
  core::StepId id;
  std::string outcome;
  TimePoint at;
};
struct Recover {
  std::shared_ptr<std::promise<Result<core::Recovered>>> answer;
};
struct WriteIdentity {
  IdentityChange change;
  std::shared_ptr<Waiter> waiter;
};
struct RecoverIdentities {
  std::shared_ptr<std::promise<Result<Identities>>> answer;
};
using Job = std::variant<WriteIntent, WriteOutcome, Recover, WriteIdentity, RecoverIdentities>;
using Nodes = std::map<NodeName, core::RememberedNode>;

class SqliteStore final : public CoordinatorStore {
 public:
  SqliteStore(asio::any_io_executor executor, std::unique_ptr<Database> database)
      : executor_(std::move(executor)),
        database_(std::move(database)),
        worker_([this] { work(); }) {}

  /// What was handed over is written before it ends.
  ~SqliteStore() override {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    worker_.join();
  }

  Result<core::Recovered> recover() override { return read<Recover, core::Recovered>(); }

  Result<Identities> recover_identities() override { return read<RecoverIdentities, Identities>(); }

  asio::awaitable<Result<void>> write_identity(IdentityChange change) override {
    auto waiter = std::make_shared<Waiter>(executor_);
    WriteIdentity job{std::move(change), waiter};
    return write(std::move(job), std::move(waiter));
  }

  asio::awaitable<Result<void>> write_intent(const core::Step& step, TimePoint at) override {
    auto waiter = std::make_shared<Waiter>(executor_);
    WriteIntent job{step, at, waiter};
    return write(std::move(job), std::move(waiter));
  }

  void write_outcome(const core::StepId& id, const std::string& outcome, TimePoint at) override {
    if (!push(WriteOutcome{id, outcome, at})) {
      log::error("the store's queue is full: outcome not written id={} outcome={}", id.text(),
                 outcome);
    }
  }

  /// Only the newest of each node waits, so this is bounded by the number of nodes.
  void remember(const core::RememberedNode& node) override {
    {
      const std::scoped_lock lock(mutex_);
      nodes_.insert_or_assign(node.name, node);
    }
    wake_.notify_one();
  }

 private:
  template <class Reading, class Answer>
  Result<Answer> read() {
    auto answer = std::make_shared<std::promise<Result<Answer>>>();
    auto future = answer->get_future();
    if (!push(Reading{std::move(answer)})) return fail(Errc::busy, "the store's queue is full");
    if (future.wait_for(kWriteLimit) != std::future_status::ready) {
      return fail(Errc::timeout, "reading the store took too long; is the disk all right?");
    }
    return future.get();
  }

  asio::awaitable<Result<void>> write(Job job, std::shared_ptr<Waiter> waiter) {
    if (!push(std::move(job))) {
      co_return fail(Errc::busy, "the store's queue is full; is the disk all right?");
    }
    co_await waiter->bell.async_wait(kTuple);
    if (waiter->result) co_return *waiter->result;
    co_return fail(Errc::timeout, "the store was not written in " +
                                      std::to_string(kWriteLimit.count()) +
                                      " s; is the disk all right?");
  }

  bool push(Job job) {
    {
      const std::scoped_lock lock(mutex_);
      if (jobs_.size() >= kQueueMax) return false;
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
  }

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !jobs_.empty() || !nodes_.empty(); });
      auto jobs = std::exchange(jobs_, {});
      auto nodes = std::exchange(nodes_, {});
      lock.unlock();
      if (jobs.empty() && nodes.empty()) return;
      write_all(jobs, nodes);
    }
  }

  /// All that waited, in one transaction: one fsync, whatever the number.
  void write_all(const std::deque<Job>& jobs, const Nodes& nodes) {
    Result<void> written;
    try {
      database_->begin();
      for (const auto& job : jobs) perform(job);
      for (const auto& [name, node] : nodes) database_->put_node(node);
      if (outcomes_since_prune_ >= kPruneEvery) {
        database_->prune();
        outcomes_since_prune_ = 0;
      }
      database_->commit();
    } catch (const std::exception& problem) {
      database_->rollback();
      written = fail(Errc::io, std::string("writing the store: ") + problem.what());
      log::error("{}; {} jobs and {} nodes are lost", written.error().message, jobs.size(),
                 nodes.size());
    }
    for (const auto& job : jobs) {
      if (const auto* recover = std::get_if<Recover>(&job)) {
        recover->answer->set_value(database_->recover());
      } else if (const auto* intent = std::get_if<WriteIntent>(&job)) {
        answer(intent->waiter, written);
      } else if (const auto* identity = std::get_if<WriteIdentity>(&job)) {
        answer(identity->waiter, written);
      } else if (const auto* identities = std::get_if<RecoverIdentities>(&job)) {
        identities->answer->set_value(database_->recover_identities());
      }
    }
  }

  void perform(const Job& job) {
    if (const auto* intent = std::get_if<WriteIntent>(&job)) {
      database_->put_intent(intent->step, intent->at);
    } else if (const auto* outcome = std::get_if<WriteOutcome>(&job)) {
      database_->put_outcome(outcome->id, outcome->outcome, outcome->at);
      ++outcomes_since_prune_;
    } else if (const auto* identity = std::get_if<WriteIdentity>(&job)) {
      database_->put_identity(identity->change);
    }
  }

  void answer(std::shared_ptr<Waiter> waiter, Result<void> written) {
    asio::post(executor_, [waiter = std::move(waiter), written = std::move(written)] {
      waiter->result = written;
      waiter->bell.cancel();
    });
  }

  asio::any_io_executor executor_;
  std::unique_ptr<Database> database_;  // the worker's alone once it runs
  std::int64_t outcomes_since_prune_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  Nodes nodes_;
  bool ending_ = false;
  std::thread worker_;  // last: starts when all else is there
};

}  // namespace

Result<std::unique_ptr<CoordinatorStore>> make_store(asio::any_io_executor executor,
                                                     const std::filesystem::path& file) {
  auto database = Database::open(file);
  if (!database) return std::unexpected(database.error());
  return std::unique_ptr<CoordinatorStore>(
      std::make_unique<SqliteStore>(std::move(executor), std::move(*database)));
}

}  // namespace ecokube
