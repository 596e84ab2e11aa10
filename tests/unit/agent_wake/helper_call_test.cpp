// Goal: who has no answer of a helper is told which, why, and what to do.
#include "common/helper_call.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(HelperCall, SaysWhatWouldHaveItAnswer) {
  const auto said = [](Errc code) {
    return why_unanswered("ecokube-help", "/run/help.sock", {code, "no"}, "systemctl it");
  };
  EXPECT_EQ(said(Errc::not_found),
            "ecokube-help can't be asked at /run/help.sock: no; run: systemctl it");
  EXPECT_EQ(
      said(Errc::forbidden),
      "ecokube-help can't be asked at /run/help.sock: no; only root and ecokube-agent may ask "
      "it");
}

}  // namespace
}  // namespace ecokube
