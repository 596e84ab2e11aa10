#include "lab/demo/clip.h"

#include <fmt/format.h>

namespace ecokube::lab {

std::string make_clip() {
  constexpr int kWidth = 64;
  constexpr int kHeight = 48;
  constexpr int kFrames = 10;
  constexpr int kBar = 8;
  constexpr unsigned char kGreen = 90;  // both colour planes below grey
  std::string clip =
      fmt::format("YUV4MPEG2 W{} H{} F{}:1 Ip A1:1 C420jpeg\n", kWidth, kHeight, kFrames);
  for (int frame = 0; frame < kFrames; ++frame) {
    clip += "FRAME\n";
    const int bar = frame * (kWidth - kBar) / (kFrames - 1);
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const bool bright = x >= bar && x < bar + kBar;
        clip += static_cast<char>(static_cast<unsigned char>(bright ? 235 : 40 + 2 * y));
      }
    }
    clip.append(2 * (kWidth / 2) * (kHeight / 2), static_cast<char>(kGreen));
  }
  return clip;
}

}  // namespace ecokube::lab
