// ecokube-raw-wake: one magic packet as an Ethernet frame, sent with one right, CAP_NET_RAW.
#include <unistd.h>

#include "node-agent/helpers/one_question.h"
#include "node-agent/helpers/raw_wake.h"

int main() {
  return ecokube::agent::answer_one_question(STDIN_FILENO, ecokube::agent::answer_raw_wake);
}
