#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace ecokube::cli {

// The API's documents as a person reads them. What is absent or null reads "-".
[[nodiscard]] std::string nodes_view(const boost::json::object& document, bool colours);
[[nodiscard]] std::string fleet_view(const boost::json::object& document, bool colours);
[[nodiscard]] std::string explanation_view(const boost::json::object& document, bool colours);
[[nodiscard]] std::string pod_explanation_view(const boost::json::object& document, bool colours);
/// Demand that a quota keeps waiting, of the fleet's plan; empty: none.
[[nodiscard]] std::string held_view(const boost::json::object& plan, bool colours);
[[nodiscard]] std::string doctor_view(const boost::json::object& document, bool colours);
[[nodiscard]] std::string event_view(const boost::json::object& event, bool colours);
/// The answer to wake, sleep, hold, release and test-wake.
[[nodiscard]] std::string asked_view(const boost::json::object& document, bool colours);

/// The answer to freeze, evacuate and unfreeze.
[[nodiscard]] std::string asked_all_view(const boost::json::object& document, bool colours);

/// "8 s", "4 min", "3 h 10 min", "2 d 4 h".
[[nodiscard]] std::string time_view(double seconds);

/// A document, two blanks for each level, for people who read JSON.
[[nodiscard]] std::string pretty(const boost::json::value& value);

// Readers that forgive: empty, 0 or an empty object for what is not there.
[[nodiscard]] std::string text_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] double number_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] const boost::json::object& object_at(const boost::json::object& from,
                                                   std::string_view key);

}  // namespace ecokube::cli
