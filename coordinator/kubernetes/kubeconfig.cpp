#include "coordinator/kubernetes/kubeconfig.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "common/host_port.h"
#include "common/http_client.h"
#include "common/whole_file.h"

namespace ecokube::kubernetes {
namespace {

Result<std::string> read_file(const std::filesystem::path& file) {
  auto text = read_whole_file(file);
  if (!text) return fail(Errc::config, fmt::format("cannot read {}", file.string()));
  return text;
}

/// One kubeconfig being read: what all messages name.
struct Reader {
  std::filesystem::path file;
  YAML::Node root;

  [[nodiscard]] std::unexpected<Error> broken(std::string_view what) const {
    return fail(Errc::config, fmt::format("kubeconfig {}: {}", file.string(), what));
  }

  [[nodiscard]] static std::string text(const YAML::Node& map, const char* key) {
    const auto value = map[key];
    return value && value.IsScalar() ? value.as<std::string>() : std::string();
  }

  /// The body of the entry called `name` in the list `list`: clusters/cluster and so on.
  [[nodiscard]] Result<YAML::Node> entry(const char* list, const char* body,
                                         const std::string& name) const {
    for (const auto& candidate : root[list]) {
      if (!candidate.IsMap() || text(candidate, "name") != name) continue;
      const auto found = candidate[body];
      if (found && found.IsMap()) return found;
      return broken(fmt::format("{} '{}' has no '{}'", list, name, body));
    }
    return broken(fmt::format("there is no entry '{}' in '{}'", name, list));
  }

  /// PEM text given inline as `<key>-data` or as a file name in `key`, which is added to `files`;
  /// empty when neither is there.
  [[nodiscard]] Result<std::string> pem(const YAML::Node& map, const std::string& key,
                                        std::vector<std::filesystem::path>& files) const {
    const auto data_key = key + "-data";
    if (const auto data = text(map, data_key.c_str()); !data.empty()) {
      auto decoded = decode_base64(data);
      if (!decoded) return broken(fmt::format("{}: {}", data_key, decoded.error().message));
      return decoded;
    }
    const auto name = text(map, key.c_str());
    if (name.empty()) return std::string();
    files.push_back(file.parent_path() / name);
    auto content = read_file(files.back());
    if (!content) return broken(fmt::format("{}: {}", key, content.error().message));
    return content;
  }
};

/// "https://host:port/prefix" into `access`.
bool parse_server(std::string_view url, Access& access) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return false;
  const auto& [endpoint, prefix] = *parsed;
  access.tls = url.starts_with("https://");
  access.host = endpoint.host;
  access.port = endpoint.port;
  access.path_prefix = prefix;
  while (access.path_prefix.ends_with('/')) access.path_prefix.pop_back();
  return true;
}

Result<void> read_cluster(const Reader& reader, const std::string& name, Access& access) {
  const auto cluster = reader.entry("clusters", "cluster", name);
  if (!cluster) return std::unexpected(cluster.error());
  if ((*cluster)["proxy-url"]) {
    return reader.broken(fmt::format("cluster '{}': 'proxy-url' is not supported", name));
  }
  access.tls_server_name = Reader::text(*cluster, "tls-server-name");
  if (Reader::text(*cluster, "insecure-skip-tls-verify") == "true") {
    return reader.broken(
        fmt::format("cluster '{}': insecure-skip-tls-verify is not supported, give its "
                    "certificate-authority instead",
                    name));
  }
  const auto server = Reader::text(*cluster, "server");
  if (server.empty()) return reader.broken(fmt::format("cluster '{}' has no 'server'", name));
  if (!parse_server(server, access)) {
    return reader.broken(
        fmt::format("cluster '{}': server '{}' is no URL like "
                    "https://host:6443",
                    name, server));
  }
  auto ca = reader.pem(*cluster, "certificate-authority", access.files);
  if (!ca) return std::unexpected(ca.error());
  access.identity.ca_pem = std::move(*ca);
  return {};
}

Result<void> read_user(const Reader& reader, const std::string& name, Access& access) {
  const auto user = reader.entry("users", "user", name);
  if (!user) return std::unexpected(user.error());
  for (const auto* key : {"exec", "auth-provider", "username", "as"}) {
    if ((*user)[key]) {
      return reader.broken(fmt::format(
          "user '{}': '{}' is not supported; give a token, a tokenFile or a client certificate",
          name, key));
    }
  }
  access.token = Reader::text(*user, "token");
  if (const auto token_file = Reader::text(*user, "tokenFile"); !token_file.empty()) {
    access.token_file = reader.file.parent_path() / token_file;
    if (!std::filesystem::exists(access.token_file)) {
      return reader.broken(
          fmt::format("user '{}': tokenFile {} does not exist", name, access.token_file.string()));
    }
  }
  auto certificate = reader.pem(*user, "client-certificate", access.files);
  if (!certificate) return std::unexpected(certificate.error());
  auto key = reader.pem(*user, "client-key", access.files);
  if (!key) return std::unexpected(key.error());
  if (certificate->empty() != key->empty()) {
    return reader.broken(
        fmt::format("user '{}' needs both client-certificate and client-key, {} "
                    "is missing",
                    name, key->empty() ? "client-key" : "client-certificate"));
  }
  access.identity.certificate_pem = std::move(*certificate);
  access.identity.key_pem = std::move(*key);
  if (access.token.empty() && access.token_file.empty() &&
      access.identity.certificate_pem.empty()) {
    return reader.broken(
        fmt::format("user '{}' has no token, no tokenFile and no client certificate", name));
  }
  return {};
}

Result<Access> read_checked(const std::filesystem::path& file, std::string context) {
  const auto content = read_file(file);
  if (!content) return fail_while("kubeconfig", content.error());
  const Reader reader{file, YAML::Load(*content)};
  if (!reader.root.IsMap()) return reader.broken("it is no YAML map");
  if (context.empty()) context = Reader::text(reader.root, "current-context");
  if (context.empty()) {
    return reader.broken("it has no current-context and no context was asked for");
  }
  const auto chosen = reader.entry("contexts", "context", context);
  if (!chosen) return std::unexpected(chosen.error());
  for (const auto* key : {"cluster", "user"}) {
    if (Reader::text(*chosen, key).empty()) {
      return reader.broken(fmt::format("context '{}' has no '{}'", context, key));
    }
  }
  Access access;
  access.files.push_back(file);
  access.read_again = [file, context] { return read_kubeconfig(file, context); };
  access.source = fmt::format("kubeconfig {}, context '{}'", file.string(), context);
  access.default_namespace = Reader::text(*chosen, "namespace");
  if (access.default_namespace.empty()) access.default_namespace = "default";
  if (auto read = read_cluster(reader, Reader::text(*chosen, "cluster"), access); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = read_user(reader, Reader::text(*chosen, "user"), access); !read) {
    return std::unexpected(read.error());
  }
  return access;
}

}  // namespace

Result<Access> read_kubeconfig(const std::filesystem::path& file, const std::string& context) {
  try {
    return read_checked(file, context);
  } catch (const YAML::Exception& e) {
    return fail(Errc::config, fmt::format("kubeconfig {}:{}:{}: {}", file.string(), e.mark.line + 1,
                                          e.mark.column + 1, e.msg));
  }
}

Result<Access> read_service_account(const std::filesystem::path& folder) {
  const char* const host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* const port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr) {
    return fail(Errc::config,
                "this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
                "name a kubeconfig in [kubernetes]");
  }
  Access access;
  const bool bare_v6 = std::string_view(host).find(':') != std::string_view::npos;
  const auto where = parse_host_port(bare_v6 ? fmt::format("[{}]:{}", host, port)
                                             : fmt::format("{}:{}", host, port));
  if (!where) return fail(Errc::config, "KUBERNETES_SERVICE_HOST: " + where.error().message);
  access.host = where->host;
  access.port = where->port;
  access.source = "the service account in " + folder.string();
  access.files.push_back(folder / "ca.crt");
  access.read_again = [folder] { return read_service_account(folder); };
  access.token_file = folder / "token";
  access.default_namespace = "default";
  auto ca = read_file(folder / "ca.crt");
  if (!ca) return fail_while(access.source, ca.error());
  access.identity.ca_pem = *std::move(ca);
  // The kubelet replaces the token's file; it is read again each time that it has changed.
  if (const auto token = read_file(access.token_file); !token) {
    return fail_while(access.source, token.error());
  }
  if (auto name = read_file(folder / "namespace")) access.default_namespace = *std::move(name);
  return access;
}

Result<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr unsigned kBitsPerDigit = 6;
  constexpr unsigned kBitsPerByte = 8;
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos || padding > 0) {
      return fail(Errc::invalid, "it is not base64");
    }
    ++digits;
    bits = (bits << kBitsPerDigit) | static_cast<std::uint32_t>(digit);
    held += kBitsPerDigit;
    if (held >= kBitsPerByte) {
      held -= kBitsPerByte;
      bytes.push_back(static_cast<char>((bits >> held) & 0xffU));
    }
  }
  if ((digits + padding) % 4 != 0 || padding > 2 || digits % 4 == 1) {
    return fail(Errc::invalid, "it is not base64: wrong length");
  }
  return bytes;
}

}  // namespace ecokube::kubernetes
