// Certificates, keys and CAs that are replaced on disk while we run, as the kubelet, kubeadm and
// secrets that are mounted do it.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <filesystem>

#include "coordinator/kubernetes/cluster_view.h"
#include "coordinator/kubernetes/json_access.h"
#include "tests/contract/kubernetes/contract_test.h"
#include "tests/support/kept_log.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;

class Rotating : public ContractTest {
 protected:
  Rotating() {
    dir_.write("server-ca.crt", server_->access().identity.ca_pem);
    std::ofstream(dir_ / "kubeconfig") << fmt::format(
        "current-context: c\n"
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{}',"
        " certificate-authority: now/ca.crt}}}}]\n"
        "users: [{{name: u, user: {{client-certificate: now/client.crt,"
        " client-key: now/client.key}}}}]\n"
        "contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
        proxy_->port());
  }

  /// A folder with the files of a user, all of whose rights are admin's.
  fs::path login(const std::string& user, const lab::CertificateFiles& ca) {
    const auto folder = dir_ / user;
    fs::create_directories(folder);
    lab::CertificateWish wish{.file_stem = user, .sans = {}};
    wish.organization = "system:masters";
    const auto made = must(lab::make_certificate(folder, ca, wish));
    fs::rename(made.certificate, folder / "client.crt");
    fs::rename(made.key, folder / "client.key");
    fs::copy_file(dir_ / "server-ca.crt", folder / "ca.crt");
    return folder;
  }
  fs::path login(const std::string& user) { return login(user, server_->client_ca()); }
  /// As a mounted secret is replaced: a link that points elsewhere from one moment to the next.
  void use(const fs::path& folder) {
    fs::create_directory_symlink(folder, dir_ / "next");
    fs::rename(dir_ / "next", dir_ / "now");
  }
  lab::CertificateFiles another_ca() { return must(lab::make_ca(dir_.path(), "another")); }
  kubernetes::Access access() { return must(kubernetes::read_kubeconfig(dir_ / "kubeconfig", "")); }
  kubernetes::KubernetesOptions rotating() {
    auto wanted = options();
    wanted.access = access();
    return wanted;
  }
  /// Who the server takes us for.
  std::string who(kubernetes::ApiClient& client) {
    boost::json::value review(boost::json::object{{"apiVersion", "authentication.k8s.io/v1"},
                                                  {"kind", "SelfSubjectReview"}});
    const auto answer = run(
        io_, client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", std::move(review)));
    if (!answer) return answer.error().message;
    return std::string(
        kubernetes::find_text(answer->get_object(), {"status", "userInfo", "username"}));
  }
  std::shared_ptr<kubernetes::ApiClient> client() {
    return must(kubernetes::ApiClient::make(io_.get_executor(), access()));
  }

  KeptLog log_;
  TempDir dir_;
};

TEST_P(Rotating, TheNextRequestIsTheNewUsers) {
  use(login("alice"));
  auto one = client();
  EXPECT_EQ(who(*one), "alice");
  use(login("bob"));
  EXPECT_EQ(who(*one), "bob") << "the old connection is not used again";
  EXPECT_EQ(log_.count("event=credentials_renewed"), 1U);
}

TEST_P(Rotating, RunningWatchesAreOpenedAnewWithoutAGap) {
  use(login("alice"));
  auto one = start(rotating());
  ASSERT_TRUE(wait_synced(*one));
  // Until each watch has been opened.
  ASSERT_TRUE(wait([&] { return proxy_->accepted() > kubernetes::kResources; }));
  const auto before = proxy_->accepted();
  use(login("bob"));
  ASSERT_TRUE(wait([&] { return !proxy_->has_open_of_first(before); }))
      << "no connection of the old user is left";
  const auto node = fresh("node");
  create_node(node);
  EXPECT_TRUE(wait([&] { return last_node(*one, node) != nullptr; }));
  EXPECT_EQ(count<core::ClusterListed>(*one), 1U);
  EXPECT_EQ(count<core::ClusterLost>(*one), 0U);
}

TEST_P(Rotating, AHalfWrittenPairIsNotTaken) {
  const auto folder = login("alice");
  const auto next = login("bob");
  use(folder);
  auto one = client();
  EXPECT_EQ(who(*one), "alice");
  fs::copy_file(next / "client.crt", folder / "client.crt", fs::copy_options::overwrite_existing);
  EXPECT_EQ(who(*one), "alice");
  EXPECT_EQ(who(*one), "alice");
  EXPECT_EQ(log_.count("event=credentials_kept"), 1U) << "it is said, and once: " << log_.text();
  fs::remove(folder / "client.key");
  EXPECT_EQ(who(*one), "alice");
  fs::copy_file(next / "client.key", folder / "client.key");
  EXPECT_EQ(who(*one), "bob");
  EXPECT_EQ(log_.count("PRIVATE"), 0U);
}

TEST_P(Rotating, WhoIsRefusedIsLetInWithTheNextCertificate) {
  use(login("stranger", another_ca()));
  auto one = start(rotating());
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*one) > 0; }));
  EXPECT_NE(last<core::ClusterLost>(*one)->why.find("401"), std::string::npos);
  use(login("alice"));
  EXPECT_TRUE(wait_synced(*one));
}

TEST_P(Rotating, ANewAuthorityIsBelieved) {
  const auto folder = login("alice");
  fs::copy_file(another_ca().certificate, folder / "ca.crt", fs::copy_options::overwrite_existing);
  use(folder);
  auto one = start(rotating());
  ASSERT_TRUE(wait([&] { return count<core::ClusterLost>(*one) > 0; }));
  EXPECT_NE(last<core::ClusterLost>(*one)->why.find("certificate"), std::string::npos);
  fs::copy_file(dir_ / "server-ca.crt", folder / "ca.crt", fs::copy_options::overwrite_existing);
  EXPECT_TRUE(wait_synced(*one));
}

// kubeadm renews what stands in the kubeconfig itself.
TEST_P(Rotating, AKubeconfigThatIsWrittenAnewIsReadAgain) {
  use(login("alice"));
  const auto bob = login("bob");
  auto one = client();
  EXPECT_EQ(who(*one), "alice");
  auto text = read_text(dir_ / "kubeconfig");
  for (auto at = text.find("now/"); at != std::string::npos; at = text.find("now/")) {
    text.replace(at, 3, "bob");
  }
  dir_.write("kubeconfig.new", text);
  fs::rename(dir_ / "kubeconfig.new", dir_ / "kubeconfig");
  EXPECT_EQ(who(*one), "bob");
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Rotating, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
