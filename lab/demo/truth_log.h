#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace ecokube::lab {

/// One line of the truth log.
struct TruthEvent {
  std::int64_t at_ns = 0;
  std::string source;  ///< "machine", "api", "witness", "kubelet", "upload", "worker"
  std::string name;    ///< what follows the slash: a node's name
  std::string event;
  boost::json::object fields;

  [[nodiscard]] std::string text(std::string_view key) const;  ///< empty when absent
  [[nodiscard]] double number(std::string_view key) const;     ///< 0 when absent
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
};

struct TruthLog {
  std::vector<TruthEvent> events;         ///< in order of time
  std::vector<std::string> broken_lines;  ///< sentences; a judge does not trust such a log
};

[[nodiscard]] TruthLog parse_truth_log(std::string_view text);

}  // namespace ecokube::lab
