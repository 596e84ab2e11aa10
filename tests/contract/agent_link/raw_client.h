#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ecokube/v1/agent.pb.h"

namespace ecokube::test {

/// A peer with bad manners: speaks TLS and bytes as it is told, blocking, on a thread of its own.
class RawClient {
 public:
  struct Options {
    std::filesystem::path ca, certificate, key;  ///< no certificate: none is shown
    int version_max = TLS1_3_VERSION;
    std::string protocol = "ecokube-agent/1";  ///< ALPN; empty: none is offered
  };

  RawClient(std::uint16_t port, const Options& options);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool write(const std::string& bytes);
  bool send(const v1::FromAgent& message);
  bool hello(const std::string& boot_id = "boot-1", const std::string& machine_id = "machine-1");
  bool heartbeat(std::uint64_t sequence, const std::string& boot_id = "boot-1");
  /// The next frame's body; nullopt when the server closed or was silent for five seconds.
  std::optional<std::string> receive_body();
  /// The next message; nullopt when the server closed or was silent for five seconds.
  std::optional<v1::ToAgent> receive();
  /// True when the server closes within five seconds; what it still says is dropped.
  bool closed_by_server();
  void close_write();

 private:
  std::optional<std::string> read_exactly(std::size_t size);
  int socket_ = -1;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace ecokube::test
