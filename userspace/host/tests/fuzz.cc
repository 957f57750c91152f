/* SPDX-License-Identifier: MIT */
/*
 * What libFuzzer makes up is a program of operations; it ends this process if the core does not do
 * as the model says. tools/fuzz builds and runs it.
 */
#include "host.h"
#include "program_run.h"

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int *, char ***)
{
	static char name[] = "drm-dep-fuzz";
	static char *arguments[] = {name, nullptr};
	static int n = 1;

	/* The command line is the fuzzer's. */
	testing::InitGoogleTest(&n, arguments);
	/* Up to the end of the process. */
	static const host::Host host;
	return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string failure = test::run_program({data, size});

	if (!failure.empty()) {
		std::cerr << failure << std::flush;
		std::abort();
	}
	return 0;
}
