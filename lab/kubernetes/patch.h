#pragma once

#include "lab/kubernetes/json_fields.h"

namespace ecokube::lab {

/// JSON merge patch (RFC 7396): objects merge, null removes, anything else replaces.
[[nodiscard]] json::value merge_patch(json::value target, const json::value& patch);

/// Kubernetes' strategic merge patch for the built-in kinds: as above, but lists that the API types
/// mark with a merge key (conditions and addresses by type, containers, env and volumes by name,
/// ownerReferences by uid) merge element by element, {"$patch": "delete"} removes an element, and
/// finalizers unite. Taints and tolerations have no merge key in the API: they are replaced whole.
[[nodiscard]] json::value strategic_merge_patch(json::value target, const json::value& patch);

}  // namespace ecokube::lab
