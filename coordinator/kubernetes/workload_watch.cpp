#include "coordinator/kubernetes/workload_watch.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <random>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/workload_object.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using boost::json::object;

}  // namespace

WorkloadWatch::WorkloadWatch(std::shared_ptr<ApiClient> client, asio::any_io_executor executor,
                             const std::vector<ScaleTarget>& targets, ReflectorOptions watching,
                             Observe observe)
    : client_(std::move(client)),
      executor_(std::move(executor)),
      watching_(std::move(watching)),
      observe_(std::move(observe)),
      api_version_(targets.front().api_version),
      kind_(targets.front().kind),
      key_(core::kind_key(core::group_of(api_version_), kind_)),
      found_(built_in_kind(api_version_, kind_)) {
  for (const auto& target : targets) names_.insert(target.ns + "/" + target.name);
}

void WorkloadWatch::start() {
  if (found_) return watch();
  asio::co_spawn(executor_, look_up(shared_from_this()),
                 log::thrown("kubernetes event=ended part=workloads"));
}

void WorkloadWatch::list_anew() {
  if (reflector_) reflector_->list_anew();
}

void WorkloadWatch::stop() {
  stopped_ = true;
  if (reflector_) reflector_->stop();
}

asio::awaitable<void> WorkloadWatch::look_up(std::shared_ptr<WorkloadWatch> self) {
  for (unsigned attempt = 1; !self->stopped_; ++attempt) {
    const auto served = co_await self->client_->get(discovery_path(self->api_version_));
    if (self->stopped_) co_return;
    Result<ScaledKind> found =
        served ? find_kind(served->get_object(), self->api_version_, self->kind_)
               : Result<ScaledKind>(std::unexpected(served.error()));
    if (found) {
      self->found_ = std::move(*found);
      self->watch();
      co_return;
    }
    self->lost(found.error());
    co_await self->back_off(attempt);
  }
}

void WorkloadWatch::watch() {
  auto options = watching_;
  options.path = found_->collection();
  options.selector.clear();
  Reflector::Callbacks callbacks;
  callbacks.list_begun = [this] {
    objects_.clear();
    listed_ = false;
    told_ = false;
  };
  callbacks.item = [this](const object& thing) { seen(ChangeType::added, thing); };
  callbacks.listed = [this](core::Revision) {
    listed_ = true;
    tell();
  };
  callbacks.changed = [this](ChangeType type, const object& thing) {
    seen(type, thing);
    tell();
  };
  callbacks.bookmark = [](core::Revision) {};
  callbacks.interrupted = [this](const Error& why) {
    if (why.code != Errc::gone) lost(why);
  };
  reflector_ =
      std::make_shared<Reflector>(client_, executor_, std::move(options), std::move(callbacks));
  reflector_->start();
}

void WorkloadWatch::seen(ChangeType type, const object& thing) {
  const auto id = std::string(find_text(thing, {"metadata", "namespace"})) + "/" +
                  std::string(find_text(thing, {"metadata", "name"}));
  if (!names_.contains(id)) return;
  if (type == ChangeType::deleted) {
    const auto at = objects_.find(id);
    if (at == objects_.end()) return;
    if (told_) observe_(core::WorkloadDeleted{at->second.workload.key()});
    objects_.erase(at);
    return;
  }
  auto workload = parse_workload(thing, *found_);
  if (!workload) {
    log::warn("kubernetes event=object_ignored reason=\"{}\"", workload.error().message);
    return;
  }
  auto& kept = objects_[id];
  const auto generation = find_int(thing, {"metadata", "generation"}, 0);
  // Replicas are part of spec, wherever they are in it. A controller may set the selector later.
  const bool read =
      kept.whole && kept.generation == generation && kept.workload.selector != core::Selector{};
  if (read && !found_->typed) {
    workload->replicas = kept.workload.replicas;
    workload->selector = kept.workload.selector;
  }
  kept = {std::move(*workload), generation, found_->typed || read, false};
}

void WorkloadWatch::tell() {
  if (!listed_ || stopped_) return;
  const bool whole = std::all_of(objects_.begin(), objects_.end(),
                                 [](const auto& entry) { return entry.second.whole; });
  if (!whole && !reading_) {
    reading_ = true;
    asio::co_spawn(executor_, read_scales(shared_from_this()),
                   log::thrown("kubernetes event=ended part=workloads"));
  }
  if (!told_ && !whole) return;
  core::WorkloadsListed all{key_, {}};
  for (auto& [id, entry] : objects_) {
    if (entry.told || !entry.whole) continue;
    entry.told = true;
    if (told_) {
      observe_(core::WorkloadSeen{entry.workload});
    } else {
      all.workloads.push_back(entry.workload);
    }
  }
  if (std::exchange(told_, true)) return;
  lost_.clear();
  observe_(std::move(all));
}

asio::awaitable<void> WorkloadWatch::read_scales(std::shared_ptr<WorkloadWatch> self) {
  unsigned failures = 0;
  while (!self->stopped_) {
    const auto next = std::find_if(self->objects_.begin(), self->objects_.end(),
                                   [](const auto& entry) { return !entry.second.whole; });
    if (next == self->objects_.end()) break;
    std::string id = next->first;
    const auto read = co_await self->read_scale(std::move(id));
    if (self->stopped_) break;
    if (read) {
      failures = 0;
      continue;
    }
    self->lost(read.error());
    co_await self->back_off(++failures);
  }
  self->reading_ = false;
  self->tell();
}

asio::awaitable<Result<void>> WorkloadWatch::read_scale(std::string id) {
  const auto asked = objects_.at(id).workload;
  const auto scale = co_await client_->get(found_->object(asked.ns, asked.name) + "/scale");
  const auto at = objects_.find(id);
  // Gone, or changed while it was read: the watch has said so, or will.
  if (at == objects_.end() || at->second.workload.revision != asked.revision)
    co_return Result<void>{};
  if (!scale && scale.error().code == Errc::not_found) {
    objects_.erase(at);
    co_return Result<void>{};
  }
  if (!scale) co_return std::unexpected(scale.error());
  auto applied = apply_scale(scale->get_object(), at->second.workload);
  if (applied) at->second.whole = true;
  co_return applied;
}

asio::awaitable<void> WorkloadWatch::back_off(unsigned attempt) {
  asio::steady_timer timer(executor_);
  timer.expires_after(
      next_delay(attempt, std::random_device{}(), watching_.backoff_base, watching_.backoff_cap));
  co_await timer.async_wait(kTuple);
}

/// Once for each cause; the next whole list ends it.
void WorkloadWatch::lost(const Error& why) {
  if (stopped_ || lost_ == why.message) return;
  lost_ = why.message;
  told_ = false;
  for (auto& [id, entry] : objects_) entry.told = false;
  observe_(core::WorkloadsLost{key_, why.message});
}

}  // namespace ecokube::kubernetes
