#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_client.h"

namespace ecokube::test {

/// What a coordinator tells by GET /api/v1/events, from its first event on, while `io` runs.
class EventLog {
 public:
  EventLog(boost::asio::io_context& io, HttpEndpoint api);

  [[nodiscard]] const std::vector<boost::json::object>& events() const { return *events_; }
  /// Where among events() the first one about `node` from number `from` on is; `what` is the verb,
  /// or of a "state" the new one. nullopt: none came yet.
  [[nodiscard]] std::optional<std::size_t> find_event(std::size_t from, std::string_view node,
                                                      std::string_view kind,
                                                      std::string_view what) const;
  /// One a line.
  [[nodiscard]] std::string text() const;

 private:
  using Events = std::vector<boost::json::object>;
  std::shared_ptr<Events> events_ = std::make_shared<Events>();
};

}  // namespace ecokube::test
