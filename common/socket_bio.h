#pragma once

#include <openssl/bio.h>

namespace ecokube {

/// An OpenSSL BIO over a non-blocking socket that is owned by someone else. Unlike OpenSSL's own it
/// never raises SIGPIPE.
[[nodiscard]] BIO* new_socket_bio(int socket);

}  // namespace ecokube
