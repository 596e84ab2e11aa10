#include "lab/real/vm/guest_shell.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <atomic>
#include <sstream>
#include <utility>

#include "lab/real/vm/line_socket.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string unbase64(std::string_view text) {
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  // It counts what the padding stands for.
  for (auto end = text.size(); end > 0 && text[end - 1] == '=' && !out.empty(); --end) {
    out.pop_back();
  }
  return out;
}

Result<std::string> output_of(const std::string& command, std::istringstream& answer) {
  int code = -1;
  std::string encoded;
  if (!(answer >> code)) return fail(Errc::protocol, command + ": its shell said: " + answer.str());
  answer >> encoded;  // nothing, where it printed nothing
  auto output = unbase64(encoded);
  if (code == 0) return output;
  return fail(Errc::refused, fmt::format("{}: exit code {}: {}", command, code, output));
}

}  // namespace

const std::string_view kGuestShell = R"sh(#!/bin/bash
line=/dev/ttyS1
stty -F $line raw -echo
exec <$line >$line
while :; do
  if ! read -r -t 1 -N 1 first; then
    echo ready
    continue
  fi
  IFS= read -r rest
  set -- $first$rest
  base64 -d <<<"$2" >/run/lab-command
  timeout 300 sh /run/lab-command </dev/null >/run/lab-output 2>&1
  echo "$1 $? $(base64 -w0 /run/lab-output)"
done
)sh";

asio::awaitable<Result<std::string>> run_in_guest(asio::any_io_executor executor,
                                                  std::filesystem::path socket, std::string command,
                                                  std::chrono::milliseconds limit) {
  static std::atomic<std::uint64_t> commands = 0;
  const auto number = ++commands;
  LineSocket guest(executor, limit);
  const auto connected = co_await guest.connect(std::move(socket));
  if (!connected) co_return std::unexpected(connected.error());
  for (bool sent = false;;) {
    const auto line = co_await guest.receive();
    if (!line) co_return fail_while(command, line.error());
    std::istringstream words(*line);
    std::uint64_t answers = 0;
    if (sent && words >> answers && answers == number) co_return output_of(command, words);
    if (sent || *line != "ready") continue;
    const auto given = co_await guest.send(fmt::format("{} {}", number, base64(command)));
    if (!given) co_return std::unexpected(given.error());
    sent = true;
  }
}

}  // namespace ecokube::lab
