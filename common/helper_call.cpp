#include "common/helper_call.h"

#include <fmt/format.h>
#include <sys/un.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "common/answer_line.h"
#include "common/asio_tuple.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
using namespace asio::experimental::awaitable_operators;

Errc code_of(const boost::system::error_code& error) {
  if (error == boost::system::errc::no_such_file_or_directory) return Errc::not_found;
  if (error == boost::system::errc::permission_denied) return Errc::forbidden;
  return Errc::unreachable;
}

asio::awaitable<Result<std::string>> converse(Socket& socket, std::string socket_path,
                                              std::string question) {
  const asio::local::stream_protocol::endpoint where(socket_path);
  const auto [connected] = co_await socket.async_connect(where, kTuple);
  if (connected) co_return fail(code_of(connected), connected.message());
  question += '\n';
  const auto [written, bytes_written] =
      co_await asio::async_write(socket, asio::buffer(question), kTuple);
  if (written) co_return fail(Errc::unreachable, written.message());
  std::string answer;
  auto into = asio::dynamic_buffer(answer, kHelperAnswerMax);
  const auto [read, bytes] = co_await asio::async_read_until(socket, into, '\n', kTuple);
  if (read || bytes != answer.size()) co_return fail(Errc::protocol, "it gave no answer");
  answer.pop_back();
  co_return answer;
}

}  // namespace

asio::awaitable<Result<std::string>> ask_helper(asio::any_io_executor executor,
                                                std::filesystem::path socket, std::string question,
                                                std::chrono::milliseconds limit) {
  if (socket.native().size() >= sizeof(sockaddr_un::sun_path)) {
    co_return fail(Errc::config, "the path of its socket is too long");
  }
  Socket connection(executor);
  asio::steady_timer timer(executor, limit);
  auto ended = co_await (converse(connection, socket.native(), std::move(question)) ||
                         timer.async_wait(kTuple));
  if (ended.index() == 0) co_return std::move(std::get<0>(ended));
  co_return fail(Errc::timeout, "no answer within " + std::to_string(limit.count()) + " ms");
}

std::string why_unanswered(std::string_view helper, const std::filesystem::path& socket,
                           const Error& error, std::string_view command) {
  const auto mend = error.code == Errc::forbidden ? "only root and ecokube-agent may ask it"
                                                  : fmt::format("run: {}", command);
  return fmt::format("{} can't be asked at {}: {}; {}", helper, socket.string(), error.message,
                     mend);
}

}  // namespace ecokube
