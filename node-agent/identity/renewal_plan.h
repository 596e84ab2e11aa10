#pragma once

#include <cstdint>
#include <string>

#include "common/x509.h"

namespace ecokube::agent {

/// When this node's certificate is to be renewed, and when it is time to worry. Pure: time and
/// randomness are told to it.
class RenewalPlan {
 public:
  /// Before the first retry and between later ones, of which a random half is taken off.
  static constexpr std::chrono::minutes kPauseMin{1};
  static constexpr std::chrono::hours kPauseMax{1};

  explicit RenewalPlan(const Validity& validity) : validity_(validity) {}

  /// At two thirds of the certificate's life, or after a failure's pause. After a renewal not for
  /// kPauseMax, whatever is wanted: a peer with a wrong clock must not make us go round for ever.
  [[nodiscard]] TimePoint due() const;
  /// There is a reason to renew at once: the CAs change.
  void wanted() { wanted_ = true; }
  void failed(const std::string& why, TimePoint now, std::uint64_t random);
  void renewed(const Validity& validity, TimePoint now);

  /// Why this machine should not go to sleep: it failed, and less than a sixth of the certificate's
  /// life is left, so that it might not be let in when it wakes. Empty: nothing.
  [[nodiscard]] std::string veto(TimePoint now) const;
  [[nodiscard]] const Validity& validity() const { return validity_; }

 private:
  Validity validity_;
  unsigned failures_ = 0;
  std::string problem_;
  TimePoint not_before_;  ///< of the next try
  bool wanted_ = false;
};

}  // namespace ecokube::agent
