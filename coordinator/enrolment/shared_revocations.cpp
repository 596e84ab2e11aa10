#include "coordinator/enrolment/shared_revocations.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/log.h"
#include "coordinator/core/marks.h"

namespace ecokube::enrolment {
namespace {

namespace asio = boost::asio;
/// Clocks of coordinators differ; what is further ahead would lock a node out for ever.
constexpr std::chrono::minutes kAhead{5};

std::string_view carried(const core::KubeNode& node) {
  const auto at = node.annotations.find(std::string(names::kRevoked));
  return at == node.annotations.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace

std::string format_revocation(const Revocation& revocation) {
  return core::format_revoked({revocation.at, revocation.by, revocation.reason});
}

std::optional<Revocation> parse_revocation(std::string_view text) {
  auto revoked = core::parse_revoked(text);
  if (!revoked) return std::nullopt;
  return Revocation{revoked->at, std::move(revoked->by), std::move(revoked->reason)};
}

SharedRevocations::SharedRevocations(asio::any_io_executor executor, Enrolment& enrolment,
                                     Publish publish, std::function<TimePoint()> clock)
    : executor_(std::move(executor)),
      enrolment_(enrolment),
      publish_(std::move(publish)),
      clock_(std::move(clock)) {}

bool SharedRevocations::is_current() const {
  constexpr std::chrono::minutes kMargin{1};
  return heard_at_ && clock_() - *heard_at_ <= CertificateAuthority::kBackdated - kMargin;
}

void SharedRevocations::see(const core::Fact& fact) {
  if (std::holds_alternative<core::ClusterListed>(fact) ||
      (heard_at_ && std::holds_alternative<core::ClusterAlive>(fact))) {
    heard_at_ = clock_();
  }
  if (const auto* seen = std::get_if<core::NodeSeen>(&fact)) {
    nodes_[seen->node.name] = carried(seen->node);
    see_node(seen->node.name, carried(seen->node));
  } else if (const auto* listed = std::get_if<core::ClusterListed>(&fact)) {
    nodes_.clear();
    for (const auto& node : listed->nodes) nodes_[node.name] = carried(node);
    for (const auto& node : listed->nodes) see_node(node.name, carried(node));
  } else if (const auto* gone = std::get_if<core::NodeDeleted>(&fact)) {
    nodes_.erase(gone->name);
  }
}

void SharedRevocations::see_node(const NodeName& node, std::string_view text) {
  const auto* known = enrolment_.identity(node);
  const auto& ours = known ? known->revocation : std::nullopt;
  auto theirs = parse_revocation(text);
  if (theirs && theirs->at > clock_() + kAhead) {
    log::warn("revocation from the future ignored node={} text=\"{}\"", node, text);
    theirs.reset();
  }
  if (theirs && (!ours || ours->at < theirs->at)) return start(adopt(node, *theirs));
  if (ours && (!theirs || theirs->at < ours->at)) start(publish(node, format_revocation(*ours)));
}

void SharedRevocations::revoked(const NodeName& node) {
  const auto* known = enrolment_.identity(node);
  const auto carries = nodes_.find(node);
  if (!known || !known->revocation || carries == nodes_.end()) return;
  auto text = format_revocation(*known->revocation);
  if (text != carries->second) start(publish(node, std::move(text)));
}

asio::awaitable<void> SharedRevocations::adopt(NodeName node, Revocation revocation) {
  const auto adopted = co_await enrolment_.adopt(node, std::move(revocation));
  if (!adopted) {
    log::error("a revocation is in force, and not on disk node={} why=\"{}\"", node,
               adopted.error().message);
  }
}

// What fails is tried again when the Node is next seen.
asio::awaitable<void> SharedRevocations::publish(NodeName node, std::string text) {
  if (!publish_ || !under_way_.insert(node).second) co_return;
  const auto published = co_await publish_(node, text);
  under_way_.erase(node);
  const auto* known = enrolment_.identity(node);
  if (published && known && known->revocation && format_revocation(*known->revocation) != text) {
    start(publish(node, format_revocation(*known->revocation)));  // revoked once more meanwhile
  }
  if (published) co_return;
  log::warn("the revocation is not on the Node yet node={} why=\"{}\"", node,
            published.error().message);
}

void SharedRevocations::start(asio::awaitable<void> work) {
  asio::co_spawn(executor_, std::move(work), [](const std::exception_ptr& error) {
    if (error) log::thrown("sharing a revocation failed", error);
  });
}

}  // namespace ecokube::enrolment
