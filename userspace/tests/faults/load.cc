/* SPDX-License-Identifier: MIT */

/*
 * Loads each of the two modules with every allocation failing once: the n-th for n = 1, 2, ...
 * until it is loaded. Of vgpu_fw that is what it allocates itself. Run in a kernel without the
 * modules, with their folder in $MODULES.
 */

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <vgpu/vgpu.h>

#include "fail_nth.h"

using namespace std::chrono_literals;

namespace
{

std::string folder_of_modules()
{
	const char *folder = std::getenv("MODULES");

	return folder ? folder : "";
}

int load(const std::string &name, const char *params)
{
	const std::string path = folder_of_modules() + "/" + name + ".ko";
	const vgpu::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));

	if (!fd)
		return -errno;
	return syscall(SYS_finit_module, fd.get(), params, 0) == 0 ? 0 : -errno;
}

void unload(const std::string &name)
{
	const vgpu::Deadline end = vgpu::Deadline::in(20s);

	/* What is in the middle of its end holds the module; nothing tells when that is over. */
	while (syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) != 0) {
		ASSERT_TRUE(errno == EAGAIN || errno == EBUSY) << errno;
		ASSERT_FALSE(end.passed()) << name << " is held";
		std::this_thread::sleep_for(10ms);
	}
}

bool is_loaded(const std::string &name)
{
	return access(("/sys/module/" + name).c_str(), F_OK) == 0;
}

class LoadFaults : public testing::Test
{
protected:
	void SetUp() override
	{
		if (folder_of_modules().empty())
			GTEST_SKIP() << "$MODULES does not say where the modules are";
	}

	void run(FailNth::Scope scope, const std::string &name, const char *params,
		 std::vector<int> other_errors)
	{
		const std::string why_not = fail.set_up(scope);
		if (!why_not.empty()) {
			GTEST_SKIP() << why_not;
		}
		const Sweep sweep = {.name = "load " + name + (*params ? " " : "") + params,
				     .call = [&] { return load(name, params); },
				     .refused = [&](int) { EXPECT_FALSE(is_loaded(name)); },
				     .undo = [&] { unload(name); },
				     .other_errors = std::move(other_errors)};

		EXPECT_GT(sweep.run(fail), 0);
		EXPECT_TRUE(is_loaded(name));
	}

	FailNth fail;
};

TEST_F(LoadFaults, Core)
{
	for (int round = 0; round < 2; round++) { /* slabs change what the n-th is */
		run(FailNth::Scope::module_init, "drm_dep", "", {});
		unload("drm_dep");
	}
}

TEST_F(LoadFaults, Driver)
{
	ASSERT_EQ(load("drm_dep", ""), 0);
	/*
	 * All that it allocates itself by its start it does by kvmalloc(). Below what else it calls
	 * the kernel has faults of its own: drm_minor_alloc() puts a device that it does not have,
	 * proc entries of interrupts are removed that were never made. What probe returns stays in
	 * the driver core: the module finds itself without a device.
	 */
	for (int round = 0; round < 3; round++) { /* as above */
		run(FailNth::Scope::kvmalloc, "vgpu_fw",
		    "compute_engines=1 copy_engines=1 contexts=8", {-ENODEV});
		EXPECT_TRUE(vgpu::Device::present());
		unload("vgpu_fw");
	}
	unload("drm_dep");
}

} // namespace
