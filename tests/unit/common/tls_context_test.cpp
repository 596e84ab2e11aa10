#include "common/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/pinned_tls.h"
#include "lab/certificates.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;
using ::testing::HasSubstr;

/// A CA, a coordinator and a node of it.
class LinkContext : public ::testing::Test {
 protected:
  void SetUp() override {
    ca_ = *lab::make_ca(dir_.path(), "ca");
    coordinator_ = *lab::make_certificate(
        dir_.path(), ca_,
        {.file_stem = "coordinator", .sans = {"URI:ecokube://coordinator/main", "IP:127.0.0.1"}});
  }

  lab::CertificateFiles node(const std::string& stem, std::vector<std::string> sans,
                             bool expired = false) {
    return *lab::make_certificate(
        dir_.path(), ca_, {.file_stem = stem, .sans = std::move(sans), .already_expired = expired});
  }

  struct Outcome {
    boost::system::error_code server;
    Result<PeerIdentity> seen = fail(Errc::invalid, "no handshake");
  };

  /// A handshake over loopback; what the server made of it.
  Outcome handshake(TlsContext server_context, TlsContext client_context) {
    asio::io_context io(1);
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    tcp::socket accepted(io);
    tcp::socket connecting(io);
    connecting.connect(acceptor.local_endpoint());
    acceptor.accept(accepted);
    Stream server(std::move(accepted), *server_context);
    Stream client(std::move(connecting), *client_context);
    Outcome outcome;
    bool ended = false;
    server.async_handshake(Stream::server, [&](boost::system::error_code ec) {
      outcome.server = ec;
      if (!ec) outcome.seen = peer_identity(server.native_handle());
      server.lowest_layer().close();
      ended = true;
    });
    client.async_handshake(Stream::client, [&](boost::system::error_code ec) {
      if (ec) client.lowest_layer().close();
    });
    EXPECT_TRUE(test::run_until(io, [&] { return ended; }));
    return outcome;
  }

  TlsContext server() {
    return *make_link_server_context({ca_.certificate, coordinator_.certificate, coordinator_.key});
  }
  TlsContext client(const lab::CertificateFiles& own) {
    return *make_link_client_context({ca_.certificate, own.certificate, own.key});
  }

  test::TempDir dir_;
  lab::CertificateFiles ca_;
  lab::CertificateFiles coordinator_;
};

TEST_F(LinkContext, TheServerLearnsWhoTheNodeIs) {
  const auto own = node("worker1", {"URI:ecokube://node/worker1"});
  const auto outcome = handshake(server(), client(own));
  ASSERT_FALSE(outcome.server) << outcome.server.message();
  ASSERT_TRUE(outcome.seen.has_value()) << outcome.seen.error().message;
  EXPECT_EQ(outcome.seen->name, "worker1");
  EXPECT_EQ(outcome.seen->role, PeerIdentity::Role::node);
}

TEST_F(LinkContext, ExpiredCertificateIsRefused) {
  const auto own = node("old", {"URI:ecokube://node/old"}, true);
  EXPECT_THAT(handshake(server(), client(own)).server.message(), HasSubstr("verify failed"));
}

TEST_F(LinkContext, CertificateOfAnotherCaIsRefused) {
  const auto other = *lab::make_ca(dir_.path(), "other");
  const auto own = *lab::make_certificate(
      dir_.path(), other, {.file_stem = "fake", .sans = {"URI:ecokube://node/worker1"}});
  EXPECT_TRUE(handshake(server(), client(own)).server.failed());
}

TEST_F(LinkContext, ClientWithoutCertificateIsRefused) {
  HttpsClientIdentity identity;
  identity.ca_pem = test::read_text(ca_.certificate);
  const auto plain = *make_https_client_context(identity);
  EXPECT_TRUE(handshake(server(), plain).server.failed());
}

TEST_F(LinkContext, NamesMustBeExactlyOne) {
  const auto none = node("none", {"DNS:worker1"});
  EXPECT_EQ(handshake(server(), client(none)).seen.error().code, Errc::refused);
  const auto two = node("two", {"URI:ecokube://node/a", "URI:ecokube://node/b"});
  EXPECT_THAT(handshake(server(), client(two)).seen.error().message, HasSubstr("two"));
  const auto strange = node("strange", {"URI:ecokube://admin/a"});
  EXPECT_THAT(handshake(server(), client(strange)).seen.error().message, HasSubstr("admin"));
}

TEST_F(LinkContext, KeyReadableByOthersIsAConfigurationError) {
  std::filesystem::permissions(coordinator_.key, std::filesystem::perms(0640));
  const auto context =
      make_link_server_context({ca_.certificate, coordinator_.certificate, coordinator_.key});
  ASSERT_FALSE(context.has_value());
  EXPECT_EQ(context.error().code, Errc::config);
  EXPECT_THAT(context.error().message, HasSubstr("chmod 600 " + coordinator_.key.string()));
}

TEST_F(LinkContext, MissingAndBrokenFilesAreNamed) {
  const auto missing = make_link_server_context({"/nowhere/ca.crt", "/nowhere/a.crt", "/n/a.key"});
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("/nowhere/ca.crt"));
  const auto broken = dir_.write("broken.crt", "not a certificate");
  const auto context = make_link_server_context({ca_.certificate, broken, coordinator_.key});
  ASSERT_FALSE(context.has_value());
  EXPECT_THAT(context.error().message, HasSubstr("broken.crt"));
}

TEST(IdentityUri, Parses) {
  EXPECT_EQ(parse_identity_uri("ecokube://node/worker1"),
            (PeerIdentity{PeerIdentity::Role::node, "worker1"}));
  EXPECT_EQ(parse_identity_uri("ecokube://coordinator/main"),
            (PeerIdentity{PeerIdentity::Role::coordinator, "main"}));
  for (const char* bad : {"", "ecokube://node/", "ecokube://node/A", "ecokube://node/a/b",
                          "ecokube://admin/a", "https://node/a"}) {
    EXPECT_EQ(parse_identity_uri(bad), std::nullopt) << bad;
  }
}

TEST(LabCertificates, SaysWhatOpensslSaid) {
  const auto made = lab::make_ca("/nowhere/at/all", "ca");
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("/nowhere/at/all"));
}

TEST(Fingerprint, IsTakenAsOpensslPrintsItToo) {
  const std::string hash =
      "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  EXPECT_EQ(parse_fingerprint(hash), hash);
  EXPECT_EQ(parse_fingerprint("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                              "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"),
            hash);
  for (const auto* bad : {"", "sha256:", "sha1:00", "00:11", "sha256:zz"}) {
    EXPECT_FALSE(parse_fingerprint(bad)) << bad;
  }
  EXPECT_FALSE(parse_fingerprint(hash + ":"));
  EXPECT_FALSE(parse_fingerprint(hash + "00"));
}

}  // namespace
}  // namespace ecokube
