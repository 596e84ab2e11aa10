#include "tests/contract/agent_link/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "common/frame.h"

namespace ecokube::test {

RawClient::RawClient(std::uint16_t port, const Options& options)
    : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), ssl_(nullptr, &SSL_free) {
  SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
  SSL_CTX_load_verify_locations(context_.get(), options.ca.c_str(), nullptr);
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM);
  }
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{5, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_);
  if (!options.protocol.empty()) {
    const std::string wire = static_cast<char>(options.protocol.size()) + options.protocol;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  connected_ = SSL_connect(ssl_.get()) == 1;
}

RawClient::~RawClient() {
  ssl_.reset();
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::write(const std::string& bytes) {
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

bool RawClient::send(const v1::FromAgent& message) {
  return write(encode_frame(message.SerializeAsString()).value());
}

bool RawClient::hello(const std::string& boot_id, const std::string& machine_id) {
  v1::FromAgent message;
  message.mutable_hello()->set_protocol_version(1);
  message.mutable_hello()->set_boot_id(boot_id);
  message.mutable_hello()->set_machine_id(machine_id);
  return send(message);
}

bool RawClient::heartbeat(std::uint64_t sequence, const std::string& boot_id) {
  v1::FromAgent message;
  message.mutable_heartbeat()->set_sequence(sequence);
  message.mutable_heartbeat()->set_boot_id(boot_id);
  return send(message);
}

std::optional<std::string> RawClient::read_exactly(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    errno = 0;
    const int got = SSL_read(ssl_.get(), bytes.data() + filled, static_cast<int>(size - filled));
    if (got <= 0) {
      // A time limit that ran out leaves errno; everything else is the server's end.
      ended_ = errno != EAGAIN && errno != EWOULDBLOCK;
      return std::nullopt;
    }
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::optional<std::string> RawClient::receive_body() {
  const auto head = read_exactly(4);
  if (!head) return std::nullopt;
  std::size_t length = 0;
  for (const char c : *head) length = (length << 8) | static_cast<unsigned char>(c);
  return read_exactly(length);
}

std::optional<v1::ToAgent> RawClient::receive() {
  const auto body = receive_body();
  v1::ToAgent message;
  if (!body || !message.ParseFromString(*body)) return std::nullopt;
  return message;
}

bool RawClient::closed_by_server() {
  while (!ended_ && receive_body()) {
  }
  return ended_;
}

void RawClient::close_write() { ::shutdown(socket_, SHUT_WR); }

}  // namespace ecokube::test
