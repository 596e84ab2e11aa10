// Who wants this machine to stay on: inhibitor locks, and people who are logged in.
#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "node-agent/logind/bus_names.h"
#include "node-agent/logind/logind.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kSessionsMax = 64;

std::unexpected<Error> not_understood(const char* what) {
  return fail(Errc::protocol, std::string("logind's answer to ") + what + " is not understood");
}

// "shutdown:idle" holds "shutdown".
bool holds(std::string_view what, std::string_view word) {
  while (!what.empty()) {
    const auto colon = what.find(':');
    if (what.substr(0, colon) == word) return true;
    if (colon == std::string_view::npos) break;
    what.remove_prefix(colon + 1);
  }
  return false;
}

std::string printable(const char* text) {
  constexpr std::size_t kBytesMax = 200;
  std::string clean(text == nullptr ? "" : text);
  clean.resize(std::min(clean.size(), kBytesMax));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '"') c = ' ';
  }
  return clean;
}

struct Session {
  std::string kind;  // Class
  std::string state;
  std::uint64_t idle_since_us = 0;  // CLOCK_MONOTONIC; 0: not known
};

// One entry of the properties, a{sv}.
int read_property(sd_bus_message* message, Session& session) {
  const char* name = nullptr;
  int done = sd_bus_message_read(message, "s", &name);
  if (done < 0) return done;
  const std::string_view key(name);
  if (key == "Class" || key == "State") {
    const char* text = nullptr;
    done = sd_bus_message_read(message, "v", "s", &text);
    if (done >= 0) (key == "Class" ? session.kind : session.state) = text;
    return done;
  }
  if (key == "IdleSinceHintMonotonic") {
    return sd_bus_message_read(message, "v", "t", &session.idle_since_us);
  }
  return sd_bus_message_skip(message, "v");
}

Result<Session> read_session(sd_bus_message* message) {
  Session session;
  int done = sd_bus_message_enter_container(message, 'a', "{sv}");
  while (done >= 0) {
    done = sd_bus_message_enter_container(message, 'e', "sv");
    if (done <= 0) break;
    done = read_property(message, session);
    if (done >= 0) done = sd_bus_message_exit_container(message);
  }
  if (done < 0) return not_understood("GetAll");
  return session;
}

bool is_a_person(const Session& session) {
  constexpr std::string_view kNobody[] = {"greeter",          "lock-screen", "background",
                                          "background-light", "manager",     "manager-early"};
  return session.state != "closing" &&
         std::find(std::begin(kNobody), std::end(kNobody), session.kind) == std::end(kNobody);
}

std::chrono::seconds since(std::uint64_t monotonic_us) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now -
                                                          std::chrono::microseconds(monotonic_us));
}

}  // namespace

asio::awaitable<Result<void>> Logind::ask_inhibitors(Bus bus, Standing& standing) {
  const auto reply = co_await bus->call(login("ListInhibitors"), {});
  if (!reply) co_return std::unexpected(reply.error());
  auto* message = reply->get();
  int done = sd_bus_message_enter_container(message, 'a', "(ssssuu)");
  while (done >= 0) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    std::uint32_t uid = 0, pid = 0;
    done = sd_bus_message_read(message, "(ssssuu)", &what, &who, &why, &mode, &uid, &pid);
    if (done <= 0) break;
    if (std::string_view(mode) == "delay") continue;
    const auto holder = "'" + printable(who) + "' (pid " + std::to_string(pid) + ") inhibits ";
    if (holds(what, "shutdown")) {
      standing.off.push_back(holder + "shutdown: " + printable(why));
    } else if (holds(what, "sleep")) {
      standing.sleep.push_back(holder + "sleep: " + printable(why));
    }
  }
  if (done < 0) co_return not_understood("ListInhibitors");
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Logind::ask_users(Bus bus, Standing& standing) {
  const auto reply = co_await bus->call(login("ListSessions"), {});
  if (!reply) co_return std::unexpected(reply.error());
  auto* message = reply->get();
  std::vector<std::pair<std::string, std::string>> sessions;  // path and user
  int done = sd_bus_message_enter_container(message, 'a', "(susso)");
  while (done >= 0) {
    const char *id = nullptr, *user = nullptr, *seat = nullptr, *path = nullptr;
    std::uint32_t uid = 0;
    done = sd_bus_message_read(message, "(susso)", &id, &uid, &user, &seat, &path);
    if (done <= 0) break;
    sessions.emplace_back(path, printable(user));
  }
  if (done < 0) co_return not_understood("ListSessions");
  if (sessions.size() > kSessionsMax) {
    standing.off.push_back(std::to_string(sessions.size()) + " sessions are open");
    co_return Result<void>{};
  }
  for (const auto& [path, user] : sessions) {
    if (auto asked = co_await ask_session(bus, path, user, standing); !asked) co_return asked;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Logind::ask_session(Bus bus, std::string path, std::string user,
                                                  Standing& standing) {
  const BusMethod get_all{kLogin, path.c_str(), "org.freedesktop.DBus.Properties", "GetAll"};
  const SystemBus::Fill fill = [](sd_bus_message* message) {
    return sd_bus_message_append(message, "s", kSession);
  };
  const auto reply = co_await bus->call(get_all, fill);
  // A session may end between two questions.
  if (!reply && reply.error().code == Errc::refused) co_return Result<void>{};
  if (!reply) co_return std::unexpected(reply.error());
  const auto session = read_session(reply->get());
  if (!session) co_return std::unexpected(session.error());
  if (!is_a_person(*session)) co_return Result<void>{};
  if (session->idle_since_us == 0) {
    standing.off.push_back("user " + user + " is logged in");
  } else if (const auto idle = since(session->idle_since_us); idle < options_.users_idle) {
    standing.off.push_back("user " + user + " is logged in and was active " +
                           std::to_string(idle.count()) + " s ago");
  }
  co_return Result<void>{};
}

}  // namespace ecokube::agent
