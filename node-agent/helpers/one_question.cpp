#include "node-agent/helpers/one_question.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "common/answer_line.h"
#include "common/input_wait.h"

namespace ecokube::agent {
namespace {

// MSG_NOSIGNAL: a peer that has gone is no reason to die by a signal.
void send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

Result<void> check_peer(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail(Errc::forbidden, "systemd starts this at its socket, and nobody else");
  }
  if (peer.uid == 0) return {};
  const auto* agent = ::getpwnam(kAgentUser);
  if (agent != nullptr && agent->pw_uid == peer.uid) return {};
  return fail(Errc::forbidden, "user " + std::to_string(peer.uid) + " may not ask; only root and " +
                                   kAgentUser + " may");
}

Result<std::string> read_question(int connection) {
  const auto until = std::chrono::steady_clock::now() + kQuestionLimit;
  std::string line;
  while (line.size() < kQuestionMax) {
    if (!wait_for_input(connection, until)) return fail(Errc::timeout, "no question came");
    std::array<char, kQuestionMax> bytes{};
    const auto got = ::recv(connection, bytes.data(), kQuestionMax - line.size(), MSG_DONTWAIT);
    if (got <= 0) return fail(Errc::invalid, "the question has no end");
    line.append(bytes.data(), static_cast<std::size_t>(got));
    if (line.find('\n') == std::string::npos) continue;
    if (line.find('\n') + 1 != line.size()) return fail(Errc::invalid, "one question only");
    line.pop_back();
    return line;
  }
  return fail(Errc::too_large, "the question is too long");
}

int answer_one_question(int connection,
                        const std::function<std::string(std::string_view)>& answer) {
  auto allowed = check_peer(connection);
  auto question = allowed ? read_question(connection)
                          : Result<std::string>(std::unexpected(std::move(allowed.error())));
  if (!question) {
    const auto& why = question.error().message;
    std::fprintf(stderr, "<4>%s\n", why.c_str());
    send_all(connection, answer_line("", why));
    return 1;
  }
  send_all(connection, answer(*question));
  return 0;
}

}  // namespace ecokube::agent
