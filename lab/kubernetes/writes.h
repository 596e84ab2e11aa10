#pragma once

#include <optional>
#include <string_view>

#include "lab/kubernetes/object_rules.h"
#include "lab/kubernetes/served_kinds.h"

namespace ecokube::lab {

/// Everything that changes objects: POST, PUT, PATCH, DELETE and the sub-resources. No I/O.
class Writes {
 public:
  explicit Writes(Store& store) : store_(store), kinds_(store) {}

  [[nodiscard]] ApiResult<ApiAnswer> create(const ResourcePath& path, json::object body);
  [[nodiscard]] ApiResult<ApiAnswer> replace(const ResourcePath& path, json::object body);
  [[nodiscard]] ApiResult<ApiAnswer> patch(const ResourcePath& path, const json::value& patch,
                                           std::string_view content_type);
  /// `options` is a DeleteOptions; `grace_s` from the query goes before it.
  [[nodiscard]] ApiResult<ApiAnswer> remove(const ResourcePath& path, const json::object& options,
                                            std::optional<std::int64_t> grace_s);
  /// pods/NAME/binding
  [[nodiscard]] ApiResult<ApiAnswer> bind(const ResourcePath& path, const json::object& body);
  /// The Scale of an object.
  [[nodiscard]] ApiResult<json::object> scale_of(const ResourcePath& path) const;

 private:
  [[nodiscard]] ApiResult<ObjectPtr> existing(const ResourcePath& path) const;
  /// Stores unless nothing changed: then the revision stays.
  ObjectPtr store_changed(const ResourcePath& path, const ObjectPtr& current, json::object next);
  [[nodiscard]] ApiResult<ApiAnswer> replace_scale(const ResourcePath& path,
                                                   const json::object& scale);

  Store& store_;
  ServedKinds kinds_;
  NewObjects new_objects_;
};

}  // namespace ecokube::lab
