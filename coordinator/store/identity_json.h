#pragma once

#include <string>
#include <string_view>

#include "coordinator/identity.h"

namespace ecokube {

// Tokens and identities as they stand in the store. Absent keys read as empty; a document of
// another shape is Errc::io.
[[nodiscard]] std::string to_document(const TokenRecord& token);
[[nodiscard]] Result<TokenRecord> token_from_document(std::string_view document);
[[nodiscard]] std::string to_document(const IdentityRecord& identity);
[[nodiscard]] Result<IdentityRecord> identity_from_document(std::string_view document);

}  // namespace ecokube
