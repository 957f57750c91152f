/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <gtest/gtest.h>

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	/* The host has threads: a death test starts a new process instead of forking this one. */
	GTEST_FLAG_SET(death_test_style, "threadsafe");

	host::Host host;

	return RUN_ALL_TESTS();
}
