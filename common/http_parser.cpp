#include "common/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

namespace ecokube {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kHeaderBytesMax = 32 * 1024;

/// A body that keeps what came and believes no announced length.
struct PieceBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(http::header<isRequest, Fields>& /*header*/, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>& /*length*/, error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& ec) {
      ec = {};
      const std::size_t count = asio::buffer_size(buffers);
      const std::size_t before = body_.size();
      body_.resize(before + count);
      asio::buffer_copy(asio::buffer(body_.data() + before, count), buffers);
      return count;
    }
    void finish(error_code& ec) { ec = {}; }

   private:
    value_type& body_;
  };
};

template <bool isRequest>
class ParserOf final : public HttpParser {
 public:
  explicit ParserOf(bool without_body) {
    parser_.eager(true);
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(boost::none);  // counted by who takes the pieces
    parser_.skip(without_body);
  }

  Result<std::size_t> feed(std::string_view bytes) override {
    std::size_t used = 0;
    while (!parser_.is_done() && used < bytes.size()) {
      error_code ec;
      const auto rest = bytes.substr(used);
      const std::size_t count = parser_.put(asio::buffer(rest.data(), rest.size()), ec);
      used += count;
      if (ec == http::error::need_more) break;
      if (ec == http::error::header_limit) {
        return fail(Errc::too_large, "the HTTP header is above 32 KiB");
      }
      if (ec) return fail(Errc::protocol, "not understood as HTTP: " + ec.message());
      if (count == 0) break;
    }
    return used;
  }

  Result<void> feed_end() override {
    error_code ec;
    parser_.put_eof(ec);
    if (ec) return fail(Errc::protocol, "the peer closed in the middle of a message");
    return {};
  }

  bool got_some() const override { return parser_.got_some(); }
  bool header_done() const override { return parser_.is_header_done(); }
  bool done() const override { return parser_.is_done(); }
  std::string take_body() override { return std::exchange(parser_.get().body(), {}); }
  bool keep_alive() const override { return parser_.is_header_done() && parser_.keep_alive(); }
  std::optional<std::uint64_t> content_length() const override {
    const auto length = parser_.content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  }
  std::string_view header(std::string_view name) const override {
    return parser_.get()[boost::beast::string_view(name.data(), name.size())];
  }
  HttpHeaders headers() const override {
    HttpHeaders all;
    for (const auto& field : parser_.get()) all.emplace_back(field.name_string(), field.value());
    return all;
  }
  int status() const override {
    if constexpr (isRequest)
      return 0;
    else
      return static_cast<int>(parser_.get().result_int());
  }
  std::string_view method() const override {
    if constexpr (isRequest)
      return parser_.get().method_string();
    else
      return {};
  }
  std::string_view target() const override {
    if constexpr (isRequest)
      return parser_.get().target();
    else
      return {};
  }

 private:
  http::parser<isRequest, PieceBody> parser_;
};

}  // namespace

std::unique_ptr<HttpParser> make_request_parser() {
  return std::make_unique<ParserOf<true>>(false);
}

std::unique_ptr<HttpParser> make_response_parser(bool without_body) {
  return std::make_unique<ParserOf<false>>(without_body);
}

std::string_view http_reason(int status) {
  return http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
}

Result<std::string> encode_headers(const HttpHeaders& headers) {
  std::string text;
  for (const auto& [name, value] : headers) {
    constexpr std::string_view kBreaking("\r\n\0", 3);
    if (name.empty() || name.find_first_of("\r\n :") != std::string::npos ||
        value.find_first_of(kBreaking) != std::string::npos) {
      return fail(Errc::invalid, "a header with a character that breaks the message: " + name);
    }
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

}  // namespace ecokube
