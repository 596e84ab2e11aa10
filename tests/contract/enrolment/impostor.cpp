#include "tests/contract/enrolment/impostor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

namespace ecokube::test {
namespace {

int take_enrolment(SSL* /*ssl*/, const unsigned char** out, unsigned char* length,
                   const unsigned char* in, unsigned /*in_length*/, void* /*argument*/) {
  // The peer offers this one alone.
  *length = *in;
  *out = in + 1;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Impostor::Impostor(std::filesystem::path chain, std::filesystem::path key)
    : chain_(std::move(chain)), key_(std::move(key)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const timeval limit{10, 0};
  ::setsockopt(listener_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  ::listen(listener_, 1);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Impostor::~Impostor() {
  if (thread_.joinable()) thread_.join();
  ::close(listener_);
}

std::string Impostor::address() const { return "127.0.0.1:" + std::to_string(port_); }

std::string Impostor::heard() {
  if (thread_.joinable()) thread_.join();
  return heard_;
}

void Impostor::serve() const {
  const int peer = ::accept(listener_, nullptr, nullptr);
  if (peer < 0) return;
  const timeval limit{10, 0};
  ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_use_certificate_chain_file(context.get(), chain_.c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_alpn_select_cb(context.get(), take_enrolment, nullptr);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), peer);
  if (SSL_accept(ssl.get()) == 1) {
    std::array<char, 4096> bytes{};
    for (int got = 1; got > 0;) {
      got = SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got > 0) heard_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(peer);
}

}  // namespace ecokube::test
