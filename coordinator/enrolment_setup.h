#pragma once

#include <functional>
#include <memory>

#include "coordinator/config.h"
#include "coordinator/enrolment/enrolment.h"

namespace ecokube {

/// Enrolment as the configuration wants it, with what the store knows. Errc::config: a file of the
/// CA is wrong, or agents would not believe what it signs.
[[nodiscard]] Result<std::unique_ptr<enrolment::Enrolment>> open_enrolment(
    const CoordinatorConfig& config, IdentityStore& store, std::function<TimePoint()> clock,
    std::function<void(const NodeName&, const std::string&)> on_revoked,
    std::function<bool()> is_current);

/// ecokube-coordinator make-ca: the two files of [enrolment], with new ones.
[[nodiscard]] Result<void> make_ca(const CoordinatorConfig& config);
/// ecokube-coordinator make-certificate: our own, the two files of [agents].
[[nodiscard]] Result<void> make_own_certificate(const CoordinatorConfig& config, bool replace);

}  // namespace ecokube
