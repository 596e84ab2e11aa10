#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ecokube::bench {

struct AgentOptions {
  std::chrono::seconds settle{20};  ///< before the measuring: caches and heaps are filled
  std::chrono::seconds measured{120};
  std::size_t pods = 110;  ///< the kubelet's own limit
  std::filesystem::path programs = "build/release/bin";
  std::filesystem::path exporter;                    ///< prometheus-node-exporter; or empty
  std::filesystem::path scaphandre;                  ///< or empty
  std::filesystem::path kepler;                      ///< or empty
  std::vector<std::string> missing;                  ///< "NAME=WHY": peers that can't be had
  std::filesystem::path folder = "out/bench/agent";  ///< files and logs of the run; emptied first
  std::filesystem::path output = "out/bench/agent.json";
};

}  // namespace ecokube::bench
