#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "coordinator/core/observation.h"
#include "coordinator/enrolment/enrolment.h"

namespace ecokube::enrolment {

/// names::kRevoked, core/marks.h.
[[nodiscard]] std::string format_revocation(const Revocation& revocation);
[[nodiscard]] std::optional<Revocation> parse_revocation(std::string_view text);

/// Carries revocations from one coordinator to the others, by an annotation on the Node. It is
/// taken over once and for all: who takes it off again, as a node's own kubelet may, lets nobody
/// in.
class SharedRevocations {
 public:
  /// Writes the annotation; empty: nothing is written.
  using Publish =
      std::function<boost::asio::awaitable<Result<void>>(NodeName node, std::string text)>;
  /// `enrolment` must outlive this, and the executor's work.
  SharedRevocations(boost::asio::any_io_executor executor, Enrolment& enrolment, Publish publish,
                    std::function<TimePoint()> clock);

  /// Whatever adapters see: of Nodes, what they carry.
  void see(const core::Fact& fact);
  /// The cluster was heard a moment ago: what others revoked is known here, but for so little time
  /// that a certificate made meanwhile, which is back-dated, still counts as older.
  [[nodiscard]] bool is_current() const;
  /// What was revoked here goes out at once.
  void revoked(const NodeName& node);

 private:
  void see_node(const NodeName& node, std::string_view text);
  boost::asio::awaitable<void> adopt(NodeName node, Revocation revocation);
  boost::asio::awaitable<void> publish(NodeName node, std::string text);
  void start(boost::asio::awaitable<void> work);

  boost::asio::any_io_executor executor_;
  Enrolment& enrolment_;
  Publish publish_;
  std::function<TimePoint()> clock_;
  std::map<NodeName, std::string> nodes_;  ///< that Kubernetes has, and what they carry
  std::optional<TimePoint> heard_at_;      ///< the cluster
  std::set<NodeName> under_way_;           ///< being written
};

}  // namespace ecokube::enrolment
