#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/tls_context.h"

namespace ecokube::kubernetes {

/// Where an API server is and who we are to it: one context of a kubeconfig.
struct Access {
  std::string host;
  std::uint16_t port = 0;
  bool tls = true;
  std::string tls_server_name;  ///< the name in its certificate; empty: `host`
  std::string path_prefix;      ///< "/k8s/cluster1" behind some proxies; without a slash at the end
  HttpsClientIdentity identity;
  std::string token;
  std::filesystem::path token_file;  ///< read again when it changes; wins over `token`
  std::string default_namespace;
  std::string source;  ///< "kubeconfig F, context c": for messages
  /// Where certificates, keys and tokens may be replaced while we run, and how to read them again;
  /// none where all was given otherwise.
  std::vector<std::filesystem::path> files = {};
  std::function<Result<Access>()> read_again = {};
};

/// Reads `file`; an empty `context` is the file's current-context. Errc::config says which file,
/// which entry and what is missing, or which way to log in is not supported.
[[nodiscard]] Result<Access> read_kubeconfig(const std::filesystem::path& file,
                                             const std::string& context = {});

/// What every pod is given: token, CA and namespace in `folder`, the server's address in the
/// environment. Errc::config when this is no pod.
[[nodiscard]] Result<Access> read_service_account(
    const std::filesystem::path& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

/// Standard base64, padded; whitespace is skipped. Errc::invalid for anything else.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

}  // namespace ecokube::kubernetes
