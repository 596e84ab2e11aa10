#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/watts.h"
#include "coordinator/core/world.h"

// S6: so many machines start, or go down, a minute, and so many boot at once: of all, of a pool and
// of a power domain. A breaker does not ask who wanted it.
namespace ecokube::core {

/// What the node is one of, with its limits: "all", "pool workers", "power domain rack1".
struct InrushGroup {
  std::string name;
  InrushLimits limits;
};
[[nodiscard]] std::vector<InrushGroup> inrush_groups(const Policy& policy, const Node& node);

using HasLimit = bool (*)(const InrushLimits&);
/// Any group has it. Few limits are set, and looking for a node's groups is dear.
[[nodiscard]] bool any_limits(const Policy& policy, HasLimit has);
/// One that the node is of has it.
[[nodiscard]] bool any_limits(const Policy& policy, const Node& node, HasLimit has);

/// What feeds it; empty: not known.
[[nodiscard]] std::string power_domain_of(const Policy& policy, const Node& node);

/// The tokens that a start of the node takes, and its way down.
[[nodiscard]] std::vector<Token> start_tokens(const Policy& policy, const Node& node);
[[nodiscard]] std::vector<Token> down_tokens(const Policy& policy, const Node& node);

/// Of a bucket that gains so many tokens within `period` and holds `burst`, at least one.
[[nodiscard]] Token rate_token(std::string bucket, Duration period, std::int64_t many,
                               std::int64_t burst);

/// When the bucket has, or had, such a token.
[[nodiscard]] TimePoint due_at(const Buckets& buckets, const Token& token);
/// How many it has, whole ones.
[[nodiscard]] std::int64_t tokens_in(const Buckets& buckets, const Token& token, TimePoint now);
void take_tokens(Buckets& buckets, const std::vector<Token>& tokens, TimePoint now);

/// It starts now: woken, or about to be, and neither Ready nor given up.
[[nodiscard]] bool boots(const Node& node, const Policy& policy, TimePoint now);

/// Its start is written on its Node first, since a successor has to count it.
[[nodiscard]] bool start_is_recorded(const Policy& policy, const Node& node);

/// One of its groups has a limit for machines that boot at once.
[[nodiscard]] bool booting_is_limited(const Policy& policy, const Node& node);

/// How many boot, by the name of each group that has a limit for it; without `other_than`.
[[nodiscard]] std::map<std::string, std::int64_t> count_booting(const World& world,
                                                                const Policy& policy, TimePoint now,
                                                                std::string_view other_than = {});

struct InrushWait {
  std::string code;              ///< "InrushLimit", "WattsCap", "NamespaceQuota"
  std::string text;              ///< for people: what it waits for
  std::optional<TimePoint> due;  ///< none: until another machine is up
};

/// What the steps of one plan leave of the buckets.
class InrushBook {
 public:
  InrushBook(const World& world, const Policy& policy, TimePoint now);

  /// Why the node can't be started now, or be counted as booting; nullopt: it can.
  [[nodiscard]] std::optional<InrushWait> start_waits(const Node& node);
  void take_place(const Node& node);
  [[nodiscard]] bool has_token(const Token& token) const;
  /// Of a start for this namespace's pods.
  [[nodiscard]] std::optional<InrushWait> quota_waits(const std::string& ns) const;
  void take_start(const Node& node, const std::vector<Token>& tokens);
  /// One of many is held back a little, each its own while.
  [[nodiscard]] Duration start_jitter(const StepId& id, const Node& node) const;

  [[nodiscard]] std::optional<InrushWait> down_waits(const Node& node) const;
  void take_down(const Node& node);
  /// Of a mark: those that are being emptied will take theirs before it.
  [[nodiscard]] std::optional<InrushWait> mark_waits(const Node& node) const;
  void take_mark(const Node& node);

 private:
  [[nodiscard]] std::optional<InrushWait> watts_wait(const Node& node);
  [[nodiscard]] std::optional<InrushWait> place_waits(const Node& node) const;
  [[nodiscard]] std::optional<InrushWait> waits(const Buckets& buckets,
                                                const std::vector<Token>& tokens) const;

  const Policy& policy_;
  TimePoint now_;
  Buckets buckets_;
  Buckets after_drains_;
  std::map<std::string, std::int64_t> booting_;
  WattsBook watts_;
};

}  // namespace ecokube::core
