#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ecokube::test {

/// Runs `work` on a thread that is alone in a network namespace. False: we may not make one.
inline bool in_own_network(const std::function<void()>& work) {
  bool made = false;
  std::thread([&] {
    made = ::unshare(CLONE_NEWNET) == 0;
    if (made) work();
  }).join();
  return made;
}

/// Makes a cable from `near`, with that address if one is given, to `near` + "far"; both ends are
/// up and say nothing by themselves. False: there is no iproute2, or no veth.
inline bool lay_cable(const std::string& near, const std::string& address = {}) {
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << "1";
  const std::string ip = "ip link ";
  const auto far = near + "far";
  auto commands = ip + "add " + near + " type veth peer name " + far + " && " + ip + "set " + near +
                  " up && " + ip + "set " + far + " up";
  if (!address.empty()) commands += " && ip address add " + address + " broadcast + dev " + near;
  return std::system(("(" + commands + ") 2>/dev/null").c_str()) == 0;
}

/// A cable of lay_cable().
struct Cable {
  std::string near;
  std::string address = {};
};

/// Runs a test's body in_own_network() with these cables; skips the test where they can't be had.
inline void with_cables(const std::vector<Cable>& cables, const std::function<void()>& body) {
  const bool made = in_own_network([&] {
    for (const auto& [near, address] : cables) {
      if (!lay_cable(near, address)) GTEST_SKIP() << "there is no veth";
    }
    body();
  });
  if (!made) GTEST_SKIP() << "a network namespace needs root";
}

}  // namespace ecokube::test
