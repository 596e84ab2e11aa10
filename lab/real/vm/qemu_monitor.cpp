#include "lab/real/vm/qemu_monitor.h"

#include <boost/json.hpp>
#include <utility>

#include "lab/real/vm/line_socket.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
constexpr std::chrono::seconds kLimit{10};

/// What answers our command; events come between.
asio::awaitable<Result<json::value>> answer_to(LineSocket& qemu, std::string command) {
  json::object question;
  question["execute"] = command;
  const auto sent = co_await qemu.send(json::serialize(question));
  if (!sent) co_return std::unexpected(sent.error());
  for (;;) {
    const auto line = co_await qemu.receive();
    if (!line) co_return std::unexpected(line.error());
    boost::system::error_code broken;
    const auto said = json::parse(*line, broken);
    if (broken || !said.is_object()) co_return fail(Errc::protocol, "QEMU said: " + *line);
    if (const auto* value = said.as_object().if_contains("return")) co_return *value;
    if (said.as_object().contains("error")) {
      co_return fail(Errc::refused, "QEMU refused " + command + ": " + *line);
    }
  }
}

}  // namespace

asio::awaitable<Result<json::value>> ask_qemu(asio::any_io_executor executor,
                                              std::filesystem::path socket, std::string command) {
  LineSocket qemu(executor, kLimit);
  const auto connected = co_await qemu.connect(std::move(socket));
  if (!connected) co_return std::unexpected(connected.error());
  const auto greeting = co_await qemu.receive();
  if (!greeting) co_return std::unexpected(greeting.error());
  const auto agreed = co_await answer_to(qemu, "qmp_capabilities");
  if (!agreed) co_return agreed;
  co_return co_await answer_to(qemu, std::move(command));
}

}  // namespace ecokube::lab
