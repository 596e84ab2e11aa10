#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ecokube::lab {

/// All live processes below this one. As subreaper it is the parent of every orphan among them, so
/// none escapes.
[[nodiscard]] std::vector<pid_t> descendants();

/// Pods with a live process below this one: UID → CPU request in millicores, as lab-kubelet leaves
/// them in the environment.
[[nodiscard]] std::map<std::string, std::int64_t> pods_alive();

/// SIGKILL to everything below, again until nothing is left, and reaps it. False: something was
/// still there after `limit`.
[[nodiscard]] bool kill_all_below(std::chrono::milliseconds limit);

}  // namespace ecokube::lab
