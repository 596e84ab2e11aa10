#include "coordinator/kubernetes/kubeconfig.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

namespace ecokube::kubernetes {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::config, fmt::format("cannot read {}", file.string()));
  return std::string(std::istreambuf_iterator<char>(in), {});
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

  /// PEM text given inline as `<key>-data` or as a file name in `key`; empty when neither is there.
  [[nodiscard]] Result<std::string> pem(const YAML::Node& map, const std::string& key) const {
    const auto data_key = key + "-data";
    if (const auto data = text(map, data_key.c_str()); !data.empty()) {
      auto decoded = decode_base64(data);
      if (!decoded) return broken(fmt::format("{}: {}", data_key, decoded.error().message));
      return decoded;
    }
    const auto name = text(map, key.c_str());
    if (name.empty()) return std::string();
    auto content = read_file(file.parent_path() / name);
    if (!content) return broken(fmt::format("{}: {}", key, content.error().message));
    return content;
  }
};

/// "https://host:port/prefix" into `access`; IPv6 hosts in brackets.
bool parse_server(std::string_view url, Access& access) {
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  access.tls = url.starts_with(kHttps);
  if (!access.tls && !url.starts_with(kHttp)) return false;
  url.remove_prefix(access.tls ? kHttps.size() : kHttp.size());
  const auto slash = url.find('/');
  auto authority = url.substr(0, slash);
  auto prefix = slash == std::string_view::npos ? std::string_view() : url.substr(slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  access.path_prefix = prefix;
  access.port = access.tls ? kHttpsPort : kHttpPort;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return false;
    access.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    access.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  if (access.host.empty()) return false;
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), access.port);
  return error == std::errc{} && end == port.data() + port.size() && access.port != 0;
}

Result<void> read_cluster(const Reader& reader, const std::string& name, Access& access) {
  const auto cluster = reader.entry("clusters", "cluster", name);
  if (!cluster) return std::unexpected(cluster.error());
  for (const auto* key : {"proxy-url", "tls-server-name"}) {
    if ((*cluster)[key]) {
      return reader.broken(fmt::format("cluster '{}': '{}' is not supported", name, key));
    }
  }
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
  auto ca = reader.pem(*cluster, "certificate-authority");
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
  auto certificate = reader.pem(*user, "client-certificate");
  if (!certificate) return std::unexpected(certificate.error());
  auto key = reader.pem(*user, "client-key");
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
