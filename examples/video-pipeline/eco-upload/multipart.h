#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::video {

/// The boundary of a "multipart/form-data; boundary=..." content type; nullopt for another type.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

/// Takes the first file out of a multipart/form-data body as its bytes come. No I/O here.
class MultipartFile {
 public:
  explicit MultipartFile(std::string_view boundary);

  /// The file's bytes within what was fed so far and not yet returned.
  /// Errc::protocol when it is no multipart body.
  [[nodiscard]] Result<std::string> feed(std::string_view bytes);
  /// The file was there and its end was seen.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  enum class Where { before_part, headers, field, file, after };
  [[nodiscard]] Result<bool> step(std::string& out);
  [[nodiscard]] bool take_content(std::string& out);

  std::string delimiter_;
  std::string buffer_ = "\r\n";  // the first delimiter may have no line before it
  Where where_ = Where::before_part;
  bool complete_ = false;
};

}  // namespace ecokube::video
