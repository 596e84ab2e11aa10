#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"

// Reading of API objects: what is absent or of another type reads as empty, because a server may
// leave out any field, and one odd object must not end a watch. What is returned by reference or
// view lives as long as the object, so an object that is about to go is refused.
namespace ecokube::kubernetes {

/// The value at object/key/key/..., or nullptr.
[[nodiscard]] const boost::json::value* find(const boost::json::object& object,
                                             std::initializer_list<std::string_view> path);
[[nodiscard]] const boost::json::object& find_object(const boost::json::object& object,
                                                     std::initializer_list<std::string_view> path);
[[nodiscard]] const boost::json::array& find_array(const boost::json::object& object,
                                                   std::initializer_list<std::string_view> path);
[[nodiscard]] std::string_view find_text(const boost::json::object& object,
                                         std::initializer_list<std::string_view> path);
[[nodiscard]] bool find_bool(const boost::json::object& object,
                             std::initializer_list<std::string_view> path);
[[nodiscard]] std::int64_t find_int(const boost::json::object& object,
                                    std::initializer_list<std::string_view> path,
                                    std::int64_t fallback);
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

const boost::json::value* find(boost::json::object&&,
                               std::initializer_list<std::string_view>) = delete;
const boost::json::object& find_object(boost::json::object&&,
                                       std::initializer_list<std::string_view>) = delete;
const boost::json::array& find_array(boost::json::object&&,
                                     std::initializer_list<std::string_view>) = delete;
std::string_view find_text(boost::json::object&&, std::initializer_list<std::string_view>) = delete;
std::string_view annotation_of(boost::json::object&&, std::string_view) = delete;

}  // namespace ecokube::kubernetes
