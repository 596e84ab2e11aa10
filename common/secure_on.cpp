#include "common/secure_on.h"

#include "common/ipv4_subnet.h"
#include "common/mac_address.h"

namespace ecokube {

std::optional<SecureOn> SecureOn::parse(std::string_view text) {
  if (const auto six = MacAddress::parse(text)) return from_bytes(six->raw());
  const auto four = parse_ipv4(text);
  if (!four) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<std::uint8_t>(*four >> shift));
  }
  return SecureOn(std::move(bytes));
}

std::optional<SecureOn> SecureOn::from_bytes(std::string_view raw) {
  if (raw.size() != kShortBytes && raw.size() != kLongBytes) return std::nullopt;
  return SecureOn(std::vector<std::uint8_t>(raw.begin(), raw.end()));
}

std::string SecureOn::reveal() const {
  if (const auto six = MacAddress::from_bytes(raw())) return six->text();
  std::string text;
  for (const auto byte : bytes_) text += (text.empty() ? "" : ".") + std::to_string(byte);
  return text;
}

}  // namespace ecokube
