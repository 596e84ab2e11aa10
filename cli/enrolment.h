#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "cli/client.h"

namespace ecokube::cli {

/// token create, list and delete, and node revoke: asks, and returns the API's document.
[[nodiscard]] Result<boost::json::object> ask_enrolment(const Command& command, ApiClient& client,
                                                        const std::string& asker);
/// That document as a person reads it.
[[nodiscard]] std::string enrolment_view(Verb verb, const boost::json::object& document);

}  // namespace ecokube::cli
