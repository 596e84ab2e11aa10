#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string_view>

// Reading of what others wrote as JSON: what is absent or of another type reads as empty, because a
// server may leave out any field, and one odd object must not end a watch. What is returned by
// reference or view lives as long as the object, so an object that is about to go is refused.
namespace ecokube {

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

const boost::json::value* find(boost::json::object&&,
                               std::initializer_list<std::string_view>) = delete;
const boost::json::object& find_object(boost::json::object&&,
                                       std::initializer_list<std::string_view>) = delete;
const boost::json::array& find_array(boost::json::object&&,
                                     std::initializer_list<std::string_view>) = delete;
std::string_view find_text(boost::json::object&&, std::initializer_list<std::string_view>) = delete;

}  // namespace ecokube
