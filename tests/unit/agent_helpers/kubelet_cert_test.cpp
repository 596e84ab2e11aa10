// Goal: of the file that has the kubelet's certificate and its key the two dates are told, and
// nothing else; what is no such file is said, and never waited for. At the end the helper's real
// program.
#include "node-agent/helpers/kubelet_cert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/x509.h"
#include "lab/certificates.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent_helpers/helper_process.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct KubeletCert : testing::Test {
  test::TempDir dir;
  lab::CertificateFiles ca = test::must(lab::make_ca(dir.path(), "ca"));

  /// As the kubelet writes it: the certificate, and its key behind it.
  std::string made(bool expired = false) {
    const auto files =
        test::must(lab::make_certificate(dir.path(), ca, {"kubelet", {}, 30, expired}));
    return test::read_text(files.certificate) + test::read_text(files.key);
  }
  static Validity validity_in(const std::string& pem) {
    return test::must(validity_of(test::must(parse_certificates(pem)).front().get()));
  }
  [[nodiscard]] KubeletCertAnswer look() const {
    return kubelet_cert_in({dir / "kubeadm/current.pem", dir / "k3s/client-kubelet.crt"});
  }
};

TEST_F(KubeletCert, IsToldByItsTwoDates) {
  const auto pem = made();
  dir.write("k3s/client-kubelet.crt", pem + test::read_text(ca.certificate));
  const auto answer = look();
  EXPECT_EQ(answer, (KubeletCertAnswer{validity_in(pem), ""}));
  EXPECT_EQ(answer.validity->not_after - answer.validity->not_before, std::chrono::days(30));
}

TEST_F(KubeletCert, OneThatHasEndedIsToldToo) {
  const auto pem = made(true);
  dir.write("kubeadm/current.pem", pem);
  EXPECT_EQ(look(), (KubeletCertAnswer{validity_in(pem), ""}));
}

TEST_F(KubeletCert, OfSeveralTheOneThatWasIssuedLast) {
  EXPECT_EQ(look(), KubeletCertAnswer{}) << "none is";
  dir.write("kubeadm", "no folder");
  EXPECT_EQ(look(), KubeletCertAnswer{});
  const auto left = made(true);
  const auto used = made();
  dir.write("k3s/client-kubelet.crt", left);
  EXPECT_EQ(look().validity, validity_in(left));
  fs::remove(dir / "kubeadm");
  dir.write("kubeadm/current.pem", used);
  EXPECT_EQ(look().validity, validity_in(used));
  dir.write("kubeadm/current.pem", left);
  dir.write("k3s/client-kubelet.crt", used);
  EXPECT_EQ(look(), (KubeletCertAnswer{validity_in(used), ""}));
  dir.write("kubeadm/current.pem", "garbage");
  EXPECT_EQ(look(), (KubeletCertAnswer{validity_in(used), ""}));
  EXPECT_THAT(kubelet_cert_files(),
              ElementsAre("/var/lib/kubelet/pki/kubelet-client-current.pem",
                          "/var/lib/rancher/k3s/agent/client-kubelet.crt",
                          "/var/lib/rancher/rke2/agent/client-kubelet.crt",
                          "/var/lib/k0s/kubelet/pki/kubelet-client-current.pem"));
}

TEST_F(KubeletCert, ALinkIsFollowedToARegularFile) {
  const auto pem = made();
  fs::create_directories(dir / "kubeadm");
  fs::create_symlink(dir.write("kubeadm/kubelet-client-2026-01-01-00-00-00.pem", pem),
                     dir / "kubeadm/current.pem");
  EXPECT_EQ(look().validity, validity_in(pem));
}

TEST_F(KubeletCert, WhatIsNoCertificateIsSaid) {
  const auto problem_with = [this](const std::string& text) {
    dir.write("kubeadm/current.pem", text);
    const auto answer = look();
    EXPECT_EQ(answer.validity, std::nullopt);
    return answer.problem;
  };
  EXPECT_THAT(problem_with("garbage"), HasSubstr("there is no PEM certificate; look: openssl"));
  EXPECT_THAT(problem_with(""), StartsWith((dir / "kubeadm/current.pem").string() + ": "));
  auto broken = made();
  broken.replace(broken.find('\n') + 9, 4, "AAAA");
  EXPECT_THAT(problem_with(broken), HasSubstr("a certificate is unreadable"));
  EXPECT_THAT(problem_with(made() + std::string(64 * 1024, '\n')), HasSubstr("larger than 64 KiB"));
}

TEST_F(KubeletCert, NoOtherKindOfFileIsRead) {
  fs::create_directories(dir / "kubeadm");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  fs::create_symlink(dir / "fifo", dir / "kubeadm/current.pem");
  EXPECT_THAT(look().problem, HasSubstr("it is no regular file")) << "and nobody waits for it";
  fs::remove(dir / "kubeadm/current.pem");
  fs::create_symlink("/dev/zero", dir / "kubeadm/current.pem");
  EXPECT_THAT(look().problem, HasSubstr("it is no regular file"));
  fs::remove(dir / "kubeadm/current.pem");
  fs::create_directory(dir / "kubeadm/current.pem");
  EXPECT_THAT(look().problem, HasSubstr("it is no regular file"));
}

TEST_F(KubeletCert, TheHelperTellsRootNothingElse) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  const auto file = dir / "given.pem";
  const auto said_to = [&](const std::string& question) {
    test::HelperProcess helper({ECOKUBE_KUBELET_CERT, file.string()}, {});
    helper.write(question);
    auto answer = helper.read();
    EXPECT_EQ(helper.end(), 0);
    return answer;
  };
  EXPECT_EQ(said_to("until\n"), "kubelet=none\n");
  const auto pem = made();
  dir.write("given.pem", pem);
  EXPECT_EQ(said_to("until\n"), to_line(KubeletCertAnswer{validity_in(pem), ""}));
  EXPECT_EQ(said_to("until /etc/shadow\n"), "problem=ask \"until\"\n");
  EXPECT_EQ(said_to("key\n"), "problem=ask \"until\"\n");
}

}  // namespace
}  // namespace ecokube::agent
