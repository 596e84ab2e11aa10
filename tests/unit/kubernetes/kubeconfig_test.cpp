#include "coordinator/kubernetes/kubeconfig.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube::kubernetes {
namespace {

const std::string kGood = R"(apiVersion: v1
kind: Config
current-context: lab
contexts:
- name: lab
  context: {cluster: c, user: u}
- name: other
  context: {cluster: c, user: cert, namespace: video}
clusters:
- name: c
  cluster: {server: "https://127.0.10.1:6443/k8s/", certificate-authority-data: UEVN}
users:
- name: u
  user: {token: secret}
- name: cert
  user: {client-certificate: c.pem, client-key-data: a2V5}
)";

std::string error_of(const test::TempDir& dir, const std::string& text,
                     const std::string& context = {}) {
  const auto read = read_kubeconfig(dir.write("kubeconfig", text), context);
  if (read) return "accepted";
  EXPECT_EQ(read.error().code, Errc::config);
  EXPECT_NE(read.error().message.find("kubeconfig"), std::string::npos);
  return read.error().message;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Kubeconfig, CurrentContextWithInlineAuthorityAndToken) {
  const test::TempDir dir;
  const auto access = read_kubeconfig(dir.write("kubeconfig", kGood));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->host, "127.0.10.1");
  EXPECT_EQ(access->port, 6443);
  EXPECT_TRUE(access->tls);
  EXPECT_EQ(access->path_prefix, "/k8s");
  EXPECT_EQ(access->identity.ca_pem, "PEM");
  EXPECT_EQ(access->token, "secret");
  EXPECT_EQ(access->default_namespace, "default");
}

TEST(Kubeconfig, NamedContextWithCertificateFileBesideIt) {
  const test::TempDir dir;
  dir.write("c.pem", "certificate");
  const auto access = read_kubeconfig(dir.write("kubeconfig", kGood), "other");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->identity.certificate_pem, "certificate");
  EXPECT_EQ(access->identity.key_pem, "key");
  EXPECT_EQ(access->default_namespace, "video");
}

TEST(Kubeconfig, Ipv6AndDefaultPort) {
  const test::TempDir dir;
  const auto access = read_kubeconfig(
      dir.write("kubeconfig", with(kGood, "https://127.0.10.1:6443/k8s/", "https://[::1]")));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->host, "::1");
  EXPECT_EQ(access->port, 443);
  EXPECT_EQ(access->path_prefix, "");
}

TEST(Kubeconfig, ErrorsSayWhatIsMissing) {
  const test::TempDir dir;
  EXPECT_NE(error_of(dir, kGood, "prod").find("'prod'"), std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "user: u}", "user: nobody}")).find("'nobody'"),
            std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "current-context: lab", "x: y")).find("current-context"),
            std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "token: secret", "token: ''")).find("no token"),
            std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "https://", "ftp://")).find("no URL"), std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, ":6443", ":66443")).find("no URL"), std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "UEVN", "'*'")).find("base64"), std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "token: secret", "exec: {command: x}")).find("'exec'"),
            std::string::npos);
  EXPECT_NE(error_of(dir, with(kGood, "token: secret", "tokenFile: gone")).find("gone"),
            std::string::npos);
  EXPECT_NE(error_of(dir, kGood, "other").find("c.pem"), std::string::npos);
  EXPECT_NE(error_of(dir, "a: [1").find(":"), std::string::npos);
  EXPECT_NE(error_of(dir, "just text").find("map"), std::string::npos);
  const auto absent = read_kubeconfig(dir / "absent");
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("absent"), std::string::npos);
}

TEST(Kubeconfig, TheNameInTheCertificateMayBeAnother) {
  const test::TempDir dir;
  const auto file =
      dir.write("kubeconfig", with(kGood, "certificate-authority-data",
                                   "tls-server-name: api.example, certificate-authority-data"));
  EXPECT_EQ(read_kubeconfig(file, "")->tls_server_name, "api.example");
  EXPECT_NE(error_of(dir, with(kGood, "certificate-authority-data",
                               "proxy-url: 'http://p:1', certificate-authority-data"))
                .find("proxy-url"),
            std::string::npos);
}

class ServiceAccount : public testing::Test {
 protected:
  ServiceAccount() {
    ::setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  }
  ~ServiceAccount() override {
    ::unsetenv("KUBERNETES_SERVICE_HOST");
    ::unsetenv("KUBERNETES_SERVICE_PORT");
  }
  test::TempDir dir_;
};

TEST_F(ServiceAccount, IsReadAsAPodIsGivenIt) {
  dir_.write("token", "secret");
  dir_.write("ca.crt", "PEM");
  dir_.write("namespace", "kube-system");
  const auto access = read_service_account(dir_.path());
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->host, "fd00::1");
  EXPECT_EQ(access->port, 443);
  EXPECT_TRUE(access->tls);
  EXPECT_EQ(access->token_file, dir_ / "token");
  EXPECT_EQ(access->identity.ca_pem, "PEM");
  EXPECT_EQ(access->default_namespace, "kube-system");
}

TEST_F(ServiceAccount, SaysWhatIsMissing) {
  dir_.write("ca.crt", "PEM");
  auto access = read_service_account(dir_.path());
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code, Errc::config);
  EXPECT_NE(access.error().message.find("token"), std::string::npos);
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  access = read_service_account(dir_.path());
  ASSERT_FALSE(access);
  EXPECT_NE(access.error().message.find("name a kubeconfig"), std::string::npos);
}

TEST(Base64, DecodesAndRefuses) {
  EXPECT_EQ(decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVs\nbG8h"), "hello!");
  EXPECT_EQ(decode_base64(""), "");
  for (const auto* text : {"a", "aGVsbG8", "a=b=", "aGV%", "===="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace ecokube::kubernetes
