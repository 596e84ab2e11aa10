#pragma once

#include <boost/json/value.hpp>
#include <initializer_list>
#include <string_view>

#include "common/json_find.h"
#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"

// Reading of API objects, as json_find.h reads JSON.
namespace ecokube::kubernetes {

using ecokube::find;
using ecokube::find_array;
using ecokube::find_bool;
using ecokube::find_int;
using ecokube::find_object;
using ecokube::find_text;

[[nodiscard]] core::Labels find_labels(const boost::json::object& object,
                                       std::initializer_list<std::string_view> path);

/// "2026-11-25T07:08:23Z"; the epoch when it is absent or no such time.
[[nodiscard]] TimePoint find_time(const boost::json::object& object,
                                  std::initializer_list<std::string_view> path);

/// metadata.resourceVersion as a number; 0 when it is absent or no number.
[[nodiscard]] core::Revision revision_of(const boost::json::object& object);
/// metadata.annotations[key]; keys have dots and slashes, so this is no path.
[[nodiscard]] std::string_view annotation_of(const boost::json::object& object,
                                             std::string_view key);

std::string_view annotation_of(boost::json::object&&, std::string_view) = delete;

}  // namespace ecokube::kubernetes
