#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace ecokube::test {

/// A TCP proxy before a server, on a loopback port of its own, to be as bad as a network can be.
/// It passes bytes on, so TLS goes through it.
class FlakyProxy {
 public:
  FlakyProxy(boost::asio::io_context& io, std::string host, std::uint16_t port);
  ~FlakyProxy();
  FlakyProxy(const FlakyProxy&) = delete;
  FlakyProxy& operator=(const FlakyProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t accepted() const;
  /// Whether one of the first `accepted` connections is open still.
  [[nodiscard]] bool has_open_of_first(std::size_t accepted) const;

  /// Ends all connections in the middle of whatever they carry.
  void cut();
  /// Connections of now stay open and carry nothing any more; new ones work.
  void mute();
  /// New connections are taken and carry nothing until release(): the time of a gap.
  void hold();
  void release();
  /// New connections are closed at once (and running ones cut), until accept_again().
  void refuse();
  void accept_again();
  /// Where new connections go from now on.
  void redirect(std::uint16_t port);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ecokube::test
