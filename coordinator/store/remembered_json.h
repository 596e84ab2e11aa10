#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "coordinator/core/observation.h"

namespace ecokube {

/// A remembered node as it stands in the store. Keys that a reader does not know are ignored and
/// absent ones read as empty, so that a node survives an upgrade.
[[nodiscard]] std::string to_document(const core::RememberedNode& node);
[[nodiscard]] Result<core::RememberedNode> from_document(std::string_view name,
                                                         std::string_view document);

}  // namespace ecokube
