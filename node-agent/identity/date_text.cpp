#include "node-agent/identity/date_text.h"

#include <ctime>

namespace ecokube::agent {

std::string date_text(TimePoint at) {
  const auto seconds = static_cast<std::time_t>(to_ms(at) / 1000);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%F %H:%M UTC", &fields));
  return text;
}

}  // namespace ecokube::agent
