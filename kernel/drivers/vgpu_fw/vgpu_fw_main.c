// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "drv.h"
#include "hw_model.h"

/**
 * DOC: module
 *
 * The only place that sees both sides of the wall. It makes the model, registers a
 * platform device that stands for it, and the driver, which finds the device as it
 * would find real hardware. The model lives as long as the module, the driver from
 * probe to remove.
 */

static unsigned int compute_engines = 2;
module_param(compute_engines, uint, 0444);
MODULE_PARM_DESC(compute_engines, "number of compute engines (default 2)");

static unsigned int copy_engines = 1;
module_param(copy_engines, uint, 0444);
MODULE_PARM_DESC(copy_engines, "number of copy engines (default 1)");

static unsigned int contexts = 4096;
module_param(contexts, uint, 0444);
MODULE_PARM_DESC(contexts, "number of contexts that the hardware has (default 4096)");

static unsigned int irq_coalesce_count = 32;
module_param(irq_coalesce_count, uint, 0444);
MODULE_PARM_DESC(irq_coalesce_count,
		 "jobs after which an engine that is busy interrupts (default 32, 0: each)");

static unsigned int irq_coalesce_ns = 50000;
module_param(irq_coalesce_ns, uint, 0444);
MODULE_PARM_DESC(irq_coalesce_ns,
		 "device time after which it does in any case, in ns (default 50000, 0: each job)");

static bool paced = true;
module_param(paced, bool, 0444);
MODULE_PARM_DESC(paced, "device time does not run ahead of real time (default true)");

static struct hw_device *hw;
static struct platform_device *pdev;

static struct platform_device *vgpu_register_device(void)
{
	const struct resource irq = DEFINE_RES_IRQ(hw_device_irq(hw));
	struct vgpu_bus bus;
	const struct platform_device_info info = {
		.name = "vgpu_fw",
		.id = PLATFORM_DEVID_NONE,
		.res = &irq,
		.num_res = 1,
		.data = &bus,
		.size_data = sizeof(bus),
		.dma_mask = DMA_BIT_MASK(64),
	};

	hw_device_bus(hw, &bus);
	return platform_device_register_full(&info);
}

/* A driver that has let go of the device has left nothing behind. */
static int vgpu_bus_event(struct notifier_block *nb, unsigned long event, void *dev)
{
	if (event == BUS_NOTIFY_UNBOUND_DRIVER && dev == &pdev->dev)
		hw_device_check_unused(hw);
	return NOTIFY_DONE;
}

static struct notifier_block vgpu_bus_notifier = { .notifier_call = vgpu_bus_event };

static int __init vgpu_module_init(void)
{
	const struct hw_config config = {
		.engines = { compute_engines, copy_engines },
		.ctxs = contexts,
		.irq_coalesce_count = irq_coalesce_count,
		.irq_coalesce_ns = irq_coalesce_ns,
		.paced = paced,
	};
	int ret;

	hw = hw_device_create(&config);
	if (IS_ERR(hw))
		return PTR_ERR(hw);

	pdev = vgpu_register_device();
	if (IS_ERR(pdev)) {
		ret = PTR_ERR(pdev);
		goto err_hw;
	}

	ret = bus_register_notifier(&platform_bus_type, &vgpu_bus_notifier);
	if (ret)
		goto err_device;
	ret = platform_driver_register(&vgpu_driver);
	if (ret)
		goto err_notifier;
	/* a module that has loaded but drives nothing is of no use */
	if (!device_is_bound(&pdev->dev)) {
		ret = -ENODEV;
		goto err_driver;
	}
	return 0;

err_driver:
	platform_driver_unregister(&vgpu_driver);
err_notifier:
	bus_unregister_notifier(&platform_bus_type, &vgpu_bus_notifier);
err_device:
	platform_device_unregister(pdev);
err_hw:
	hw_device_destroy(hw);
	return ret;
}

static void __exit vgpu_module_exit(void)
{
	platform_driver_unregister(&vgpu_driver);
	bus_unregister_notifier(&platform_bus_type, &vgpu_bus_notifier);
	platform_device_unregister(pdev);
	hw_device_destroy(hw);
}

module_init(vgpu_module_init);
module_exit(vgpu_module_exit);

MODULE_DESCRIPTION("Virtual GPU that schedules in firmware");
MODULE_LICENSE("Dual MIT/GPL");
