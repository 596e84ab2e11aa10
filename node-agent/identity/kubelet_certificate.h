#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/helpers/kubelet_cert_answer.h"

namespace ecokube::agent {

struct KubeletCertificateOptions {
  std::filesystem::path socket;             ///< of ecokube-kubelet-cert; empty: it is not asked
  std::function<TimePoint()> now;           ///< the wall clock, which certificates go by
  std::chrono::milliseconds limit{10'000};  ///< of one question
  std::chrono::milliseconds interval{3'600'000};  ///< from one question to the next
  std::chrono::milliseconds soon{60'000};  ///< while it vetoes, and after a problem; then doubling
};

/// Has ecokube-kubelet-cert say until when the machine's kubelet is let in: the kubelet renews its
/// certificate itself, but not while the machine sleeps (S26).
class KubeletCertificate {
 public:
  KubeletCertificate(boost::asio::any_io_executor executor, KubeletCertificateOptions options);

  /// Asks at once and then rarely, and logs what is new, until the executor ends.
  boost::asio::awaitable<void> run();
  /// Asks once.
  boost::asio::awaitable<void> look();
  /// The last answer, or why there was none; nullopt: nobody was asked yet.
  [[nodiscard]] const std::optional<KubeletCertAnswer>& seen() const { return seen_; }
  /// It is known whether there is one, and until when.
  [[nodiscard]] bool known() const { return seen_ && seen_->problem.empty(); }
  /// nullopt: there is none, or it is not known.
  [[nodiscard]] std::optional<Validity> validity() const;
  /// Why this machine should not go to sleep now; empty: nothing. What is not known vetoes nothing.
  [[nodiscard]] std::string veto() const;

 private:
  [[nodiscard]] std::chrono::milliseconds pause() const;

  boost::asio::any_io_executor executor_;
  KubeletCertificateOptions options_;
  std::optional<KubeletCertAnswer> seen_;
  std::chrono::milliseconds retry_;
};

/// Of one that is known.
void write_kubelet_certificate(const KubeletCertAnswer& answer, v1::KubeletCertificate& out);

}  // namespace ecokube::agent
