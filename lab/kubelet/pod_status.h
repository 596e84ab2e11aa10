#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "lab/kubelet/pod_decision.h"

namespace ecokube::lab {

/// The pod's phase as its process shows it; empty: nothing to say (not started yet, or it ended
/// before this kubelet came).
[[nodiscard]] std::string_view phase_of(const PodOrder& order, const PodProcess& process);

/// A text that differs whenever the server should be told anew; empty: nothing to say.
[[nodiscard]] std::string status_digest(const PodOrder& order, const PodProcess& process);

/// The merge patch for the pod's status; conditions of others in `pod` are kept. It carries the
/// uid, so that it can't reach another pod of the same name.
[[nodiscard]] boost::json::object pod_status_patch(const boost::json::object& pod,
                                                   const PodOrder& order, const PodProcess& process,
                                                   TimePoint now);

}  // namespace ecokube::lab
