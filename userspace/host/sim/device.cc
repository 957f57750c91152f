/* SPDX-License-Identifier: MIT */
/*
 * Devices and modules: small counted objects.
 */
#include "objects.h"

struct os_device {
	sim::Ref refs;
};

struct os_module {
	long refs;
	bool going;
};

namespace sim
{

os_device *make_device()
{
	auto *device = static_cast<os_device *>(allocate(sizeof(os_device), "the device"));

	device->refs.count = 1;
	return device;
}

long refs_of(const os_device *device)
{
	return device->refs.count;
}

os_module *make_module()
{
	auto *module = static_cast<os_module *>(allocate(sizeof(os_module), "the module"));

	*module = {};
	return module;
}

long refs_of(const os_module *module)
{
	return module->refs;
}

bool begin_unload(os_module *module)
{
	if (module->refs)
		return false;
	module->going = true;
	return true;
}

void free_module(os_module *module)
{
	if (module->refs)
		fail("a module is freed while somebody has a reference");
	release(module);
}

bool is_loaded(const os_module *module)
{
	BlockView block;

	return find_block(module, block) && block.live;
}

} // namespace sim

using namespace sim;

void os_device_get(os_device *device)
{
	before(Op::device, device);
	device->refs.get();
}

void os_device_put(os_device *device)
{
	must_be_live(device);
	if (device->refs.put())
		release(device);
	else
		after(Op::device, device);
}

bool os_module_try_get(os_module *module)
{
	if (!module) /* code that is not in a module is always there */
		return true;
	before(Op::device, module);
	if (module->going)
		return false;
	module->refs++;
	return true;
}

void os_module_put(os_module *module)
{
	if (!module)
		return;
	must_be_live(module);
	if (module->refs <= 0)
		fail("a reference of a module is put that nobody has");
	module->refs--;
	after(Op::device, module);
}
