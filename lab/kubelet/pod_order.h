#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"

namespace ecokube::lab {

enum class RestartPolicy { always, on_failure, never };

/// What a Pod object asks this kubelet to do.
struct PodOrder {
  std::string uid;
  std::string ns;
  std::string name;
  std::string container;
  std::string image;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory;
  RestartPolicy restart = RestartPolicy::always;
  Duration grace{30000};  ///< between SIGTERM and SIGKILL
  bool deleting = false;
  std::string phase;  ///< as the server has it
  /// Not empty: why this pod can't ever run here.
  std::string unrunnable;
};

/// Errc::invalid for an object without uid, namespace or name; what can't be run is an order that
/// says so.
[[nodiscard]] Result<PodOrder> parse_pod_order(const boost::json::object& pod);

}  // namespace ecokube::lab
