#include "lab/real/vm/line_socket.h"

#include <sys/un.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "common/asio_tuple.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
constexpr std::chrono::milliseconds kPause{20};
constexpr std::size_t kLineMax = std::size_t{16} * 1024 * 1024;

}  // namespace

LineSocket::LineSocket(const asio::any_io_executor& executor, std::chrono::milliseconds limit)
    : socket_(executor), until_(std::chrono::steady_clock::now() + limit) {}

asio::awaitable<Result<void>> LineSocket::connect(std::filesystem::path path) {
  path_ = path.string();
  if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
    co_return fail(Errc::config, path_ + ": too long for a socket; use a shorter folder");
  }
  const asio::local::stream_protocol::endpoint where(path_);
  for (;;) {
    const auto [failed] = co_await socket_.async_connect(where, kTuple);
    if (!failed) co_return Result<void>{};
    if (std::chrono::steady_clock::now() >= until_) {
      co_return fail(Errc::unreachable, "connecting to " + path_ + ": " + failed.message());
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
    asio::steady_timer pause(socket_.get_executor(), kPause);
    co_await pause.async_wait(kTuple);
  }
}

asio::awaitable<Result<void>> LineSocket::send(std::string line) {
  line += '\n';
  asio::steady_timer timer(socket_.get_executor(), until_);
  const auto ended =
      co_await (asio::async_write(socket_, asio::buffer(line), kTuple) || timer.async_wait(kTuple));
  if (ended.index() == 1) co_return fail(Errc::timeout, path_ + " takes no line in time");
  const auto& [failed, bytes] = std::get<0>(ended);
  if (failed) co_return fail(Errc::unreachable, "sending to " + path_ + ": " + failed.message());
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> LineSocket::receive() {
  asio::steady_timer timer(socket_.get_executor(), until_);
  auto into = asio::dynamic_buffer(read_, kLineMax);
  const auto ended =
      co_await (asio::async_read_until(socket_, into, '\n', kTuple) || timer.async_wait(kTuple));
  if (ended.index() == 1) co_return fail(Errc::timeout, path_ + " sends no line in time");
  const auto& [failed, bytes] = std::get<0>(ended);
  if (failed) co_return fail(Errc::unreachable, "reading " + path_ + ": " + failed.message());
  auto line = read_.substr(0, bytes - 1);
  read_.erase(0, bytes);
  co_return line;
}

}  // namespace ecokube::lab
