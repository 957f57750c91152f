/* SPDX-License-Identifier: MIT */

/** @file Tests of vgpu_fw from outside: everything goes through its ioctls. */

#include <cstdio>

#include <gtest/gtest.h>

#include <vgpu/device.h>

int main(int argc, char **argv)
{
	constexpr int exit_no_device = 77;

	::testing::InitGoogleTest(&argc, argv);
	if (!GTEST_FLAG_GET(list_tests) && !vgpu::Device::present()) {
		std::fprintf(stderr,
			     "vgpu-device-tests: there is no vgpu_fw device here, nothing was "
			     "tested\n");
		return exit_no_device;
	}
	return RUN_ALL_TESTS();
}
