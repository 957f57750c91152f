/* SPDX-License-Identifier: MIT */
/*
 * Devices and modules: small counted objects.
 */
#include "internal.h"

#include <algorithm>

using namespace host;

struct os_device {
	std::function<void()> on_release;
	std::atomic<long> refs{1};
};

struct os_module {
	static constexpr long going = -1;

	std::atomic<long> refs{0};
};

os_device *host::make_device(std::function<void()> on_release)
{
	census.devices++;
	return new os_device{.on_release = std::move(on_release)};
}

long host::device_refs(os_device *device)
{
	return device->refs;
}

os_module *host::make_module()
{
	census.modules++;
	return new os_module;
}

void host::free_module(os_module *module)
{
	if (module->refs > 0)
		fatal("a module is freed while somebody has a reference");
	delete module;
	census.modules--;
}

long host::module_refs(os_module *module)
{
	return std::max(module->refs.load(), 0L);
}

bool host::begin_unload(os_module *module)
{
	long nobody = 0;

	return module->refs.compare_exchange_strong(nobody, os_module::going);
}

void os_device_get(os_device *device)
{
	if (device->refs.fetch_add(1, std::memory_order_relaxed) <= 0)
		fatal("a reference is taken of a device that is gone");
}

void os_device_put(os_device *device)
{
	if (device->refs.fetch_sub(1, std::memory_order_acq_rel) != 1)
		return;

	if (device->on_release)
		device->on_release();
	delete device;
	census.devices--;
}

bool os_module_try_get(os_module *module)
{
	long refs;

	if (!module) /* code that is not in a module is always there */
		return true;

	refs = module->refs;
	do
		if (refs == os_module::going)
			return false;
	while (!module->refs.compare_exchange_weak(refs, refs + 1));
	return true;
}

void os_module_put(os_module *module)
{
	if (module && module->refs.fetch_sub(1) <= 0)
		fatal("a reference of a module is put that nobody has");
}
