#include "common/event_reader.h"

#include <utility>

namespace ecokube {

EventReader::EventReader(OnData on_data) : on_data_(std::move(on_data)) {}

bool EventReader::take(std::string_view bytes) {
  buffer_ += bytes;
  for (auto end = buffer_.find("\n\n"); end != std::string::npos; end = buffer_.find("\n\n")) {
    const std::string block = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    if (!take_block(block)) return false;
  }
  return true;
}

bool EventReader::take_block(const std::string& block) {
  constexpr std::string_view kData = "data: ";
  const auto at = block.starts_with(kData) ? 0 : block.find("\n" + std::string(kData));
  if (at == std::string::npos) return true;  // a comment, or retry
  const auto from = at + kData.size() + (at == 0 ? 0 : 1);
  return on_data_(block.substr(from, block.find('\n', from) - from));
}

}  // namespace ecokube
