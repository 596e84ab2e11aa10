#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ecokube {

/// Cuts a text/event-stream into events and gives the data of each; one without data is a comment
/// or a setting. Reads what the coordinator's API writes: one line of data an event, lines by \n.
class EventReader {
 public:
  /// False: no more.
  using OnData = std::function<bool(std::string_view data)>;
  explicit EventReader(OnData on_data);

  /// The next piece of the stream, as HttpClient::OnBytes gives it. False: `on_data` said so.
  [[nodiscard]] bool take(std::string_view bytes);

 private:
  [[nodiscard]] bool take_block(const std::string& block);

  OnData on_data_;
  std::string buffer_;
};

}  // namespace ecokube
