#pragma once

#include <string_view>

#include "common/x509.h"

namespace ecokube::enrolment {

inline constexpr std::size_t kRequestBytesMax = 8192;

/// The public key of a PEM certificate request, after its signature by that key was checked: EC
/// P-256 or P-384, or RSA of 3072 to 8192 bits. Whatever else the request asks for is not looked
/// at. Errc::invalid: what is wrong, for the one who sent it.
[[nodiscard]] Result<Key> requested_key(std::string_view pem);

}  // namespace ecokube::enrolment
