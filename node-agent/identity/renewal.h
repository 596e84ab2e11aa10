#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "common/tls_context.h"
#include "ecokube/v1/agent.pb.h"
#include "node-agent/identity/renewal_plan.h"

namespace ecokube::agent {

struct RenewalOptions {
  TlsFiles files;
  std::string node_name;
  std::function<TimePoint()> clock;  ///< the wall clock, which certificates go by
  /// Sends a Renew to a coordinator; unreachable while none is connected.
  std::function<Result<void>(const v1::Renew&)> ask;
  /// The new pair is in place: for the next connections.
  std::function<void(TlsContext)> use;
};

/// Renews this node's certificate over the link before it ends, with a new key each time.
class Renewal {
 public:
  Renewal(boost::asio::any_io_executor executor, RenewalOptions options, const Validity& validity);

  /// Until the executor ends.
  boost::asio::awaitable<void> run();
  /// What a coordinator would have us believe; if it is not what we do, we renew.
  void ca_bundle_seen(const std::string& sha256);
  /// The coordinator's answer to what was asked.
  void answered(const v1::Issued& issued);
  [[nodiscard]] const Validity& validity() const { return plan_.validity(); }
  [[nodiscard]] std::string veto() const { return plan_.veto(options_.clock()); }

 private:
  boost::asio::awaitable<Result<void>> renew();
  Result<void> take(const std::string& key, const v1::Issued& issued);

  RenewalOptions options_;
  RenewalPlan plan_;
  boost::asio::steady_timer timer_;
  std::optional<v1::Issued> answer_;
  bool waiting_ = false;
  std::mt19937_64 random_;
};

/// Of the certificate in a file.
[[nodiscard]] Result<Validity> validity_of_file(const std::filesystem::path& certificate);

}  // namespace ecokube::agent
