// Goal: what the firmware says is told as it stands, and what only root may read is not known.
#include "node-agent/sensors/firmware.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

struct FirmwareTree {
  test::TempDir dir;
  MachineRoots roots{dir / "sys", dir / "proc", dir / "sys/fs/cgroup", dir / "machine-id",
                     dir.path()};
  void dmi(const std::string& name, const std::string& text) {
    dir.write("sys/class/dmi/id/" + name, text);
  }
};

TEST(Firmware, IsReadAndAnAbsentOneIsEmpty) {
  FirmwareTree tree;
  EXPECT_EQ(read_firmware(tree.roots), Firmware{});
  tree.dmi("product_uuid", "c0ffee00-1111-4222-8333-444455556666\n");
  tree.dmi("product_serial", "PF2ABCDE \n");
  tree.dmi("bios_vendor", "American Megatrends Inc.\n");
  tree.dmi("bios_version", "F.23\n");
  tree.dmi("bios_date", "01/02/2024\n");
  tree.dir.write("sys/class/rtc/rtc0/wakealarm", "");
  const auto firmware = read_firmware(tree.roots);
  EXPECT_EQ(firmware.smbios_uuid, "c0ffee00-1111-4222-8333-444455556666");
  EXPECT_EQ(firmware.serial, "PF2ABCDE");
  EXPECT_EQ(firmware.vendor, "American Megatrends Inc.");
  EXPECT_EQ(firmware.version, "F.23");
  EXPECT_EQ(firmware.date, "01/02/2024");
  EXPECT_FALSE(firmware.uuid_denied);
  EXPECT_TRUE(firmware.rtc_alarm);
}

TEST(Firmware, VendorsWriteWhatTheyLike) {
  FirmwareTree tree;
  tree.dmi("product_serial", std::string(500, 'x'));
  tree.dmi("bios_vendor", "M\xc3\x28\x01\x7fr\n");
  const auto firmware = read_firmware(tree.roots);
  EXPECT_EQ(firmware.serial.size(), 64U);
  EXPECT_EQ(firmware.vendor, "M?(??r") << "a message holds valid UTF-8 alone";
}

}  // namespace
}  // namespace ecokube::agent
