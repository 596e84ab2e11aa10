#include "coordinator/core/inrush.h"

#include <algorithm>
#include <ranges>

#include "coordinator/core/quota.h"

namespace ecokube::core {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

void add_token(std::vector<Token>& tokens, const char* what, const std::string& group,
               const RateLimit& limit) {
  if (limit.per_minute <= 0) return;
  tokens.push_back(rate_token(std::string(what) + " of " + group, Duration(kMinuteMs),
                              limit.per_minute, limit.burst));
}

/// What those before us may have taken: no machine starts, or goes down, twice within a minute.
Duration taken_before(const Buckets& buckets, const Token& token) {
  const auto times = 1 + token.fill.count() / kMinuteMs;
  return std::min(token.fill, token.interval * (buckets.machines * times));
}

/// When the bucket is, or was, full.
TimePoint full_at(const Buckets& buckets, const Token& token) {
  TimePoint full{};
  if (buckets.known_since && !token.begins_full)
    full = *buckets.known_since + taken_before(buckets, token);
  const auto at = buckets.full_at.find(token.bucket);
  return at == buckets.full_at.end() ? full : std::max(full, at->second);
}

Duration missing_in(const Buckets& buckets, const Token& token, TimePoint now) {
  return std::clamp(full_at(buckets, token) - now, Duration(0), token.fill);
}

/// FNV-1a: the same step is held back the same while wherever it is decided.
std::uint64_t hash(const std::string& text) {
  constexpr std::uint64_t kPrime = 1'099'511'628'211U;
  std::uint64_t value = 14'695'981'039'346'656'037U;
  for (const char letter : text) value = (value ^ static_cast<unsigned char>(letter)) * kPrime;
  return value;
}

bool has_booting_max(const InrushLimits& limits) { return limits.booting_max > 0; }

const InrushLimits& limits_of_domain(const Inrush& inrush, const std::string& domain) {
  const auto own = inrush.power_domains.find(domain);
  return own == inrush.power_domains.end() ? inrush.power_domain : own->second;
}

}  // namespace

std::string power_domain_of(const Policy& policy, const Node& node) {
  const auto* given = override_of(policy, node.name);
  if (given != nullptr && !given->power_domain.empty()) return given->power_domain;
  if (!node.kube) return {};
  const auto label = node.kube->labels.find(policy.inrush.power_domain_label);
  return label == node.kube->labels.end() ? std::string() : label->second;
}

std::vector<InrushGroup> inrush_groups(const Policy& policy, const Node& node) {
  std::vector<InrushGroup> groups{{"all", policy.inrush.all}};
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool != nullptr) groups.push_back({"pool " + pool->name, pool->inrush});
  const auto domain = power_domain_of(policy, node);
  if (!domain.empty()) {
    groups.push_back({"power domain " + domain, limits_of_domain(policy.inrush, domain)});
  }
  return groups;
}

bool any_limits(const Policy& policy, HasLimit has) {
  const auto& inrush = policy.inrush;
  return has(inrush.all) || has(inrush.power_domain) ||
         std::ranges::any_of(std::views::values(inrush.power_domains), has) ||
         std::ranges::any_of(policy.pools, has, &Pool::inrush);
}

bool any_limits(const Policy& policy, const Node& node, HasLimit has) {
  return any_limits(policy, has) &&
         std::ranges::any_of(inrush_groups(policy, node), has, &InrushGroup::limits);
}

std::vector<Token> start_tokens(const Policy& policy, const Node& node) {
  std::vector<Token> tokens;
  for (const auto& [name, limits] : inrush_groups(policy, node)) {
    add_token(tokens, "starts", name, limits.starts);
  }
  return tokens;
}

std::vector<Token> down_tokens(const Policy& policy, const Node& node) {
  std::vector<Token> tokens;
  for (const auto& [name, limits] : inrush_groups(policy, node)) {
    add_token(tokens, "downs", name, limits.downs);
  }
  return tokens;
}

Token rate_token(std::string bucket, Duration period, std::int64_t many, std::int64_t burst) {
  const Duration interval((period.count() + many - 1) / many);
  return {std::move(bucket), interval, interval * std::max<std::int64_t>(1, burst)};
}

TimePoint due_at(const Buckets& buckets, const Token& token) {
  return full_at(buckets, token) - token.fill + token.interval;
}

std::int64_t tokens_in(const Buckets& buckets, const Token& token, TimePoint now) {
  return (token.fill - missing_in(buckets, token, now)) / token.interval;
}

void take_tokens(Buckets& buckets, const std::vector<Token>& tokens, TimePoint now) {
  std::erase_if(buckets.full_at, [&](const auto& bucket) { return bucket.second <= now; });
  for (const auto& token : tokens) {
    buckets.full_at[token.bucket] = std::max(full_at(buckets, token), now) + token.interval;
  }
}

bool boots(const Node& node, const Policy& policy, TimePoint now) {
  const bool recorded = node.waking_at && now < *node.waking_at + policy.wake_deadline;
  const bool anew = recorded && *node.waking_at >= node.since;
  switch (node.state) {
    case Lifecycle::powering_up: return true;
    case Lifecycle::unknown:
    case Lifecycle::powering_down:
    case Lifecycle::powered_down:
    case Lifecycle::maintenance: return recorded;
    case Lifecycle::ready:
    case Lifecycle::draining: return anew && !agent_alive(node, policy, now);
    case Lifecycle::quarantined: return anew;
  }
  return false;
}

bool start_is_recorded(const Policy& policy, const Node& node) {
  return booting_is_limited(policy, node) || watts_are_capped(policy, node);
}

bool booting_is_limited(const Policy& policy, const Node& node) {
  return any_limits(policy, node, has_booting_max);
}

std::map<std::string, std::int64_t> count_booting(const World& world, const Policy& policy,
                                                  TimePoint now, std::string_view other_than) {
  std::map<std::string, std::int64_t> booting;
  if (!any_limits(policy, has_booting_max)) return booting;
  for (const auto& [name, node] : world.nodes) {
    if (name == other_than || !boots(node, policy, now)) continue;
    for (const auto& group : inrush_groups(policy, node)) {
      if (has_booting_max(group.limits)) ++booting[group.name];
    }
  }
  return booting;
}

InrushBook::InrushBook(const World& world, const Policy& policy, TimePoint now)
    : policy_(policy),
      now_(now),
      buckets_(world.buckets),
      after_drains_(world.buckets),
      booting_(count_booting(world, policy, now)),
      watts_(world, policy, now) {
  for (const auto& [name, node] : world.nodes) {
    if (node.state != Lifecycle::draining || node.work_pods > 0) continue;
    take_tokens(after_drains_, down_tokens(policy, node), now);
  }
}

std::optional<InrushWait> InrushBook::waits(const Buckets& buckets,
                                            const std::vector<Token>& tokens) const {
  std::optional<InrushWait> wait;
  for (const auto& token : tokens) {
    const auto due = due_at(buckets, token);
    if (due <= now_ || (wait && *wait->due >= due)) continue;
    const auto burst = std::to_string(token.fill / token.interval);
    wait = InrushWait{"InrushLimit",
                      token.bucket + ": " + std::to_string(kMinuteMs / token.interval.count()) +
                          " a minute and " + burst + " at once are allowed, the next in " +
                          std::to_string((due - now_).count() / 1000 + 1) + " s",
                      due};
  }
  return wait;
}

std::optional<InrushWait> InrushBook::place_waits(const Node& node) const {
  if (booting_.empty() || boots(node, policy_, now_)) return std::nullopt;
  for (const auto& [name, limits] : inrush_groups(policy_, node)) {
    const auto booting = booting_.find(name);
    if (booting == booting_.end() || booting->second < limits.booting_max) continue;
    return InrushWait{"InrushLimit",
                      std::to_string(booting->second) + " machines of " + name +
                          " are booting, no more may at once",
                      std::nullopt};
  }
  return std::nullopt;
}

std::optional<InrushWait> InrushBook::watts_wait(const Node& node) {
  auto text = WattsBook::waits(watts_.part_of(node));
  if (text.empty()) return std::nullopt;
  return InrushWait{"WattsCap", std::move(text), std::nullopt};
}

std::optional<InrushWait> InrushBook::start_waits(const Node& node) {
  if (auto wait = watts_wait(node)) return wait;
  if (auto wait = place_waits(node)) return wait;
  return waits(buckets_, start_tokens(policy_, node));
}

bool InrushBook::has_token(const Token& token) const { return due_at(buckets_, token) <= now_; }

std::optional<InrushWait> InrushBook::quota_waits(const std::string& ns) const {
  const auto token = quota_token(policy_, ns);
  if (!token || has_token(*token)) return std::nullopt;
  const auto due = due_at(buckets_, *token);
  return InrushWait{"NamespaceQuota", quota_text(policy_, ns, due - now_), due};
}

void InrushBook::take_place(const Node& node) {
  WattsBook::take(watts_.part_of(node));
  if (boots(node, policy_, now_) || !booting_is_limited(policy_, node)) return;
  for (const auto& [name, limits] : inrush_groups(policy_, node)) {
    if (has_booting_max(limits)) ++booting_[name];
  }
}

void InrushBook::take_start(const Node& node, const std::vector<Token>& tokens) {
  take_place(node);
  take_tokens(buckets_, tokens, now_);
}

std::optional<InrushWait> InrushBook::down_waits(const Node& node) const {
  return waits(buckets_, down_tokens(policy_, node));
}

void InrushBook::take_down(const Node& node) {
  take_tokens(buckets_, down_tokens(policy_, node), now_);
}

std::optional<InrushWait> InrushBook::mark_waits(const Node& node) const {
  return waits(after_drains_, down_tokens(policy_, node));
}

void InrushBook::take_mark(const Node& node) {
  take_tokens(after_drains_, down_tokens(policy_, node), now_);
}

/// The emptier its bucket, the longer: a machine that starts alone starts at once.
Duration InrushBook::start_jitter(const StepId& id, const Node& node) const {
  Duration most{};
  for (const auto& token : start_tokens(policy_, node)) {
    const auto missing = missing_in(buckets_, token, now_).count();
    most = std::max(most, Duration(policy_.inrush.jitter.count() * missing / token.fill.count()));
  }
  if (most <= Duration(0)) return {};
  return Duration(
      static_cast<std::int64_t>(hash(id.text()) % static_cast<std::uint64_t>(most.count())));
}

}  // namespace ecokube::core
