#pragma once

#include "node-agent/logind/system_bus.h"

// Where logind and systemd are on the system bus.
namespace ecokube::agent {

inline constexpr const char* kLogin = "org.freedesktop.login1";
inline constexpr const char* kLoginPath = "/org/freedesktop/login1";
inline constexpr const char* kManager = "org.freedesktop.login1.Manager";
inline constexpr const char* kSession = "org.freedesktop.login1.Session";

/// A method or signal of logind's manager.
constexpr BusMethod login(const char* member) { return {kLogin, kLoginPath, kManager, member}; }

}  // namespace ecokube::agent
