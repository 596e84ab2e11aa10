#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "common/host_port.h"
#include "common/http_client.h"
#include "common/http_parser.h"
#include "common/http_server.h"

namespace ecokube {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(Errc::invalid,
                    "'%' without two hexadecimal digits in '" + std::string(text) + "'");
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// The part before `separator`, which is cut off `rest` together with it.
std::string_view cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string HttpEndpoint::text() const {
  if (!unix_path.empty()) return "unix:" + unix_path.string();
  return std::string(tls ? "https://" : "http://") + HostPort{host, port}.text();
}

Result<std::pair<HttpEndpoint, std::string>> parse_http_url(std::string_view url) {
  const auto bad = [&](std::string_view what) {
    return fail(Errc::invalid, "'" + std::string(url) + "' is no HTTP address: " +
                                   std::string(what) + " (expected http://host:port/path)");
  };
  constexpr std::uint16_t kHttpPort = 80;
  constexpr std::uint16_t kHttpsPort = 443;
  HttpEndpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    endpoint.port = kHttpPort;
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    endpoint.port = kHttpsPort;
    rest.remove_prefix(8);
  } else {
    return bad("it does not begin with http:// or https://");
  }
  const auto path_at = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, path_at);
  std::string target(path_at == std::string_view::npos ? "/" : rest.substr(path_at));
  target = target.substr(0, target.find('#'));
  if (target.empty() || target.front() == '?') target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return bad("it holds a user name");
  for (const char c : url) {
    if (c <= ' ' || c == '\x7f') return bad("it holds a blank or control character");
  }
  auto where = parse_host_port(authority, endpoint.port);
  if (!where) return bad(where.error().message);
  endpoint.host = std::move(where->host);
  endpoint.port = where->port;
  return std::pair(std::move(endpoint), std::move(target));
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 0xfU]);
    }
  }
  return out;
}

HttpResponse json_response(int status, std::string body) {
  return HttpResponse{status, {{"Content-Type", "application/json"}}, std::move(body)};
}

HttpResponse problem_response(int status, std::string_view title, std::string_view detail) {
  const boost::json::object problem{{"type", "about:blank"},
                                    {"title", boost::json::string(title)},
                                    {"status", status},
                                    {"detail", boost::json::string(detail)}};
  return HttpResponse{
      status, {{"Content-Type", "application/problem+json"}}, boost::json::serialize(problem)};
}

std::string_view ParsedTarget::query_value(std::string_view key) const {
  for (const auto& [name, value] : query) {
    if (name == key) return value;
  }
  return {};
}

Result<ParsedTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) {
    return fail(Errc::invalid,
                "the request's target '" + std::string(target) + "' does not begin with '/'");
  }
  ParsedTarget parsed;
  std::string_view query = target;
  std::string_view path = cut(query, '?');
  while (!path.empty()) {
    const auto segment = cut(path, '/');
    if (segment.empty()) continue;
    auto text = percent_decode(segment, false);
    if (!text) return std::unexpected(std::move(text.error()));
    parsed.segments.push_back(*std::move(text));
  }
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const auto key = cut(value, '=');
    auto key_text = percent_decode(key, true);
    auto value_text = percent_decode(value, true);
    if (!key_text) return std::unexpected(std::move(key_text.error()));
    if (!value_text) return std::unexpected(std::move(value_text.error()));
    if (!key_text->empty()) parsed.query.emplace_back(*std::move(key_text), *std::move(value_text));
  }
  return parsed;
}

}  // namespace ecokube
