// S5: whatever becomes of the Lease object and of the requests, no two processes act at one time
// and the fence only rises. Many histories in virtual time; a seed is one of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/lease_claim.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

constexpr Duration kLeaseTime{10'000};
constexpr TimePoint kStart = from_ms(1'700'000'000'000);

/// Keepers as LeaseKeeper is one, with every request lost or late at random.
class Walk {
 public:
  explicit Walk(std::uint64_t seed, bool trouble) : random_(seed), trouble_(trouble) {
    for (int i = 0; i < 3; ++i) start_keeper();
    if (trouble) make_trouble();
  }

  void run_for(Duration time) {
    const auto end = now_ + time;
    while (!events_.empty() && events_.begin()->first <= end) {
      auto event = events_.extract(events_.begin());
      now_ = event.key();
      event.mapped()();
    }
    now_ = end;
  }
  /// Who acts now dies; returns how long after its last renewal was written another acts.
  std::optional<Duration> kill_the_leader() {
    const auto leader = std::find_if(keepers_.begin(), keepers_.end(),
                                     [&](const auto& keeper) { return acts(keeper); });
    if (leader == keepers_.end()) return std::nullopt;
    leader->alive = false;
    const auto before = takings_;
    const auto limit = now_ + 2 * kLeaseTime;
    while (takings_ == before && now_ < limit) run_for(Duration(10));
    return now_ - written_by_[leader->name];
  }
  [[nodiscard]] int takings() const { return takings_; }
  [[nodiscard]] bool somebody_acts() const {
    return std::any_of(keepers_.begin(), keepers_.end(), [&](const auto& k) { return acts(k); });
  }

 private:
  struct Keeper {
    std::string name;
    LeaseClaim claim;
    bool alive = true;
    TimePoint valid_until;
    TimePoint acts_from;
    std::optional<object> held;
    bool acts = false;  ///< since a write of its own that was answered when it might
  };

  struct Backup {
    std::optional<object> lease;
    std::int64_t revision;
    TimePoint at;
  };

  [[nodiscard]] bool acts(const Keeper& keeper) const {
    return keeper.alive && keeper.held && keeper.acts && now_ < keeper.valid_until;
  }
  std::int64_t draw(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(to - from + 1));
  }
  void in(Duration time, std::function<void()> what) {
    events_.emplace(now_ + time, std::move(what));
  }
  Duration a_way() { return Duration(trouble_ && draw(1, 20) == 1 ? draw(1, 9000) : draw(1, 100)); }
  bool lost() { return now_ < down_until_ || (trouble_ && draw(1, 15) == 1); }

  void start_keeper() {
    const auto name = fmt::format("k{}", keepers_.size());
    keepers_.push_back({name, LeaseClaim(name, kLeaseTime), true, kStart, kStart, std::nullopt});
    in(Duration(draw(1, 3000)), [this, at = keepers_.size() - 1] { turn(at); });
  }

  void turn(std::size_t at) {
    auto& keeper = keepers_[at];
    if (!keeper.alive) return;
    if (keeper.held && now_ >= keeper.valid_until) keeper.held.reset();
    in(a_way(), [this, at, past = past_] {
      auto seen = lease_;
      if (lost() || past != past_) return in(renews_every(kLeaseTime), [this, at] { turn(at); });
      in(a_way(), [this, at, seen = std::move(seen)] { seen_by(at, seen); });
    });
  }

  /// A renewal may go without a look before it; that it looks here only makes it later.
  void seen_by(std::size_t at, std::optional<object> seen) {
    auto& keeper = keepers_[at];
    if (!keeper.alive) return;
    const bool holds = keeper.held && now_ < keeper.valid_until;
    if (acts(keeper) && !seen) keeper.claim.was_deleted(keeper.valid_until);
    const bool still = holds && seen && find_text(*seen, {"spec", "holderIdentity"}) == keeper.name;
    if (!still) {
      keeper.held.reset();
      const auto wait = keeper.claim.look(seen ? &*seen : nullptr, now_);
      if (!wait) return again(at);
      keeper.claim.try_to_take(*wait);
      // The agents tell every keeper of the highest fence that was acted with.
      const auto fence = std::max(keeper.claim.highest_fence(), highest_fence_) + 1;
      return write(at, std::move(seen), fence, wait);
    }
    const auto fence = fence_of(*keeper.held);
    const bool raise = !acts(keeper) && fence <= highest_fence_;
    write(at, std::move(seen), raise ? highest_fence_ + 1 : fence, std::nullopt);
  }

  /// `wait`: before it acts, if it takes it.
  void write(std::size_t at, std::optional<object> seen, std::int64_t fence,
             std::optional<Duration> wait) {
    const auto sent = now_;
    in(a_way(), [this, at, seen = std::move(seen), fence, sent, wait, past = past_] {
      const bool same = seen.has_value() == lease_.has_value() &&
                        (!seen || revision_of(*seen) == revision_of(*lease_));
      const bool written = same && past == past_ && !lost();
      if (written) lease_ = made(keepers_[at].name, fence);
      if (written) written_by_[keepers_[at].name] = now_;
      const bool answered = !lost();
      if (!same && answered) keepers_[at].claim.was_refused();
      if (!written || !answered) return again(at);
      in(a_way(), [this, at, mine = *lease_, sent, wait] { take(at, mine, sent, wait); });
    });
  }

  void take(std::size_t at, const object& mine, TimePoint sent, std::optional<Duration> wait) {
    auto& keeper = keepers_[at];
    if (!keeper.alive) return;
    const bool acted = acts(keeper);
    if (wait) keeper.acts_from = keeper.claim.acts_from(*wait, now_);
    keeper.claim.hold(mine);
    keeper.held = mine;
    keeper.valid_until = sent + acts_for(kLeaseTime);
    keeper.acts = keeper.acts_from <= now_;
    if (acts(keeper)) {
      for (const auto& other : keepers_) {
        EXPECT_FALSE(&other != &keeper && acts(other)) << other.name << " and " << keeper.name;
      }
      if (!acted) ++takings_;
      EXPECT_GE(fence_of(mine), highest_fence_ + (last_actor_ == keeper.name ? 0 : 1));
      last_actor_ = keeper.name;
      highest_fence_ = std::max(highest_fence_, fence_of(mine));
    }
    again(at);
  }

  void again(std::size_t at) {
    const auto& keeper = keepers_[at];
    auto pause = renews_every(kLeaseTime);
    if (keeper.held && now_ < keeper.acts_from) {
      pause = std::min(pause, keeper.acts_from - now_);
    } else if (const auto when = keeper.claim.may_be_taken_at()) {
      pause = std::clamp(*when - now_ + Duration(1), Duration(1), looks_every(kLeaseTime));
    }
    in(pause, [this, at] { turn(at); });
  }

  object made(const std::string& holder, std::int64_t fence) {
    revision_ += draw(1, 1'000'000);  // of the whole cluster: two pasts share none
    object metadata{{"resourceVersion", std::to_string(revision_)},
                    {"annotations", {{names::kFence, std::to_string(fence)}}}};
    object spec{{"holderIdentity", holder}, {"leaseDurationSeconds", kLeaseTime.count() / 1000}};
    return {{"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
  }

  /// The Lease is deleted, its holder struck out, or all is restored from a backup that is older
  /// than what anybody saw last. Its servers are stopped for that: a request on its way to them
  /// ends with its connection, and it takes more than a moment.
  void make_trouble() {
    in(Duration(draw(2000, 40'000)), [this] {
      const bool restores = backup_ && now_ - backup_->at > 2 * kLeaseTime;
      switch (draw(0, restores ? 3 : 2)) {
        case 0: lease_.reset(); break;
        case 1:
          if (lease_) lease_ = made("", fence_of(*lease_));
          break;
        case 2: start_keeper(); break;
        default:
          lease_ = backup_->lease;
          revision_ = backup_->revision;
          ++past_;
          down_until_ = now_ + kLeaseTime / 2;
          backup_.reset();
      }
      if (!backup_ && !restores) backup_ = Backup{lease_, revision_, now_};
      make_trouble();
    });
  }

  std::mt19937_64 random_;
  bool trouble_;
  TimePoint now_ = kStart;
  std::multimap<TimePoint, std::function<void()>> events_;
  std::vector<Keeper> keepers_;
  std::optional<object> lease_;
  std::int64_t revision_ = 100;
  std::optional<Backup> backup_;
  int past_ = 0;
  TimePoint down_until_ = kStart;
  std::map<std::string, TimePoint> written_by_;
  std::int64_t highest_fence_ = 0;
  std::string last_actor_;
  int takings_ = 0;
};

TEST(LeaseWalk, NoTwoActWhateverBecomesOfTheLease) {
  const char* given = std::getenv("ECOKUBE_SEED");
  const std::uint64_t from = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t to = given != nullptr ? from : 400;
  std::uint64_t takings = 0;
  for (auto seed = from; seed <= to; ++seed) {
    SCOPED_TRACE(fmt::format("again with ECOKUBE_SEED={}", seed));
    Walk walk(seed, true);
    walk.run_for(std::chrono::minutes(10));
    takings += static_cast<std::uint64_t>(walk.takings());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(takings, to - from) << "else nothing was tried";
}

TEST(LeaseWalk, AnotherActsWithinTheDurationOfTheLastRenewal) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Walk walk(seed, false);
    walk.run_for(std::chrono::seconds(30) + Duration(seed * 37));
    ASSERT_TRUE(walk.somebody_acts());
    const auto took = walk.kill_the_leader();
    ASSERT_TRUE(took);
    EXPECT_GT(*took, acts_for(kLeaseTime));
    EXPECT_LE(*took, kLeaseTime);
  }
}

}  // namespace
}  // namespace ecokube::kubernetes
