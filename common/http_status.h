#pragma once

// The HTTP statuses that we answer or look for (RFC 9110).
namespace ecokube {

inline constexpr int kHttpOk = 200;
inline constexpr int kHttpCreated = 201;
inline constexpr int kHttpAccepted = 202;
inline constexpr int kHttpNoContent = 204;
inline constexpr int kHttpBadRequest = 400;
inline constexpr int kHttpUnauthorized = 401;
inline constexpr int kHttpForbidden = 403;
inline constexpr int kHttpNotFound = 404;
inline constexpr int kHttpMethodNotAllowed = 405;
inline constexpr int kHttpConflict = 409;
inline constexpr int kHttpGone = 410;
inline constexpr int kHttpPreconditionFailed = 412;
inline constexpr int kHttpTooLarge = 413;
inline constexpr int kHttpInvalid = 422;
inline constexpr int kHttpPreconditionRequired = 428;
inline constexpr int kHttpTooManyRequests = 429;
inline constexpr int kHttpInternalError = 500;
inline constexpr int kHttpNotImplemented = 501;
inline constexpr int kHttpUnavailable = 503;

}  // namespace ecokube
