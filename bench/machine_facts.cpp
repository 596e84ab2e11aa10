#include "bench/machine_facts.h"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace ecokube::bench {

namespace {

/// What follows `key` and a colon in a file of lines "key : value"; empty when it is not there.
std::string field_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? std::string() : line.substr(value);
  }
  return {};
}

}  // namespace

boost::json::object machine_facts() {
  utsname system{};
  ::uname(&system);
  return {{"cores", std::thread::hardware_concurrency()},
          {"memory_kb", std::strtoll(field_of("/proc/meminfo", "MemTotal").c_str(), nullptr, 10)},
          {"kernel", std::string(system.release)},
          {"cpu_model", field_of("/proc/cpuinfo", "model name")}};
}

std::size_t count_processes() {
  std::size_t found = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) ++found;
  }
  return found;
}

}  // namespace ecokube::bench
