#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "common/error.h"
#include "coordinator/core/step.h"

// The merge patches on Node objects, as data. Each is computed from the Node as it is, because a
// merge patch replaces the whole taint list, and carries that Node's resourceVersion, so that a
// taint which somebody adds meanwhile is never lost.
namespace ecokube::kubernetes {

/// Our taint, cordon, annotations and label (S11, S25); foreign taints and cordon stay, our soft
/// taint goes.
[[nodiscard]] boost::json::object mark_patch(const boost::json::object& node,
                                             const core::MarkNode& mark, std::int64_t transition);

/// Takes off what is ours and the cordon only if it is ours; nullopt when nothing is left to do.
[[nodiscard]] std::optional<boost::json::object> unmark_patch(const boost::json::object& node,
                                                              const core::UnmarkNode& unmark);

/// Our PreferNoSchedule taint onto the Node or off it; nullopt when it is so already.
[[nodiscard]] std::optional<boost::json::object> soft_taint_patch(const boost::json::object& node,
                                                                  bool present);

/// The mark anew, and the power.
[[nodiscard]] boost::json::object record_off_patch(const boost::json::object& node,
                                                   const core::RecordOff& off,
                                                   std::int64_t transition);
/// The out-of-service taint and our annotation. conflict: the taint is there and not ours.
[[nodiscard]] Result<boost::json::object> out_of_service_patch(const boost::json::object& node);
/// Takes it off if it is ours; nullopt when it is not there.
[[nodiscard]] std::optional<boost::json::object> in_service_patch(const boost::json::object& node);

/// names::kPowerClaim, only if the Node is at that revision still.
[[nodiscard]] boost::json::object claim_patch(core::Revision expected_revision,
                                              std::string_view claim);

/// On any object; empty text removes the annotation.
[[nodiscard]] boost::json::object one_annotation(std::string_view key, std::string_view text);

/// record_off, record_wake, quarantine, record_hold and record_request; nullopt for another action.
[[nodiscard]] std::optional<boost::json::object> annotation_patch(const core::Action& action);

}  // namespace ecokube::kubernetes
