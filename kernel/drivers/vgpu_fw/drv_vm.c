// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/slab.h>

#include <drm/drm_gem.h>

#include "drv.h"

/**
 * DOC: address spaces
 *
 * What a client mapped where is in a tree of drm_gpuvm; what the device sees is in
 * page tables. Each mapping holds a reference and a pin of its buffer by itself:
 * with no eviction nobody ever looks for the mappings of a buffer, so they are not
 * linked to it, and splitting one needs no lock of the buffer.
 *
 * An address space is held by its name, by contexts until the firmware has
 * forgotten them, by bind queues until their last bind is over, and by calls that use it.
 * Whoever drops the last reference invalidates the translations that engines remember
 * under its name for the TLB, before the name, the tables and the buffers go.
 */

/**
 * vgpu_vm_get() - take a reference
 * @vm: an address space that the caller has a reference on
 *
 * Context: Any.
 * Return: @vm.
 */
struct vgpu_vm *vgpu_vm_get(struct vgpu_vm *vm)
{
	kref_get(&vm->kref);
	return vm;
}

/**
 * vgpu_va_free() - free a mapping that is in no tree and no TLB
 * @va: the mapping
 *
 * Gives up its buffer, if it has one.
 *
 * Context: Process context. Takes the reservation of the buffer.
 */
void vgpu_va_free(struct vgpu_va *va)
{
	struct drm_gem_object *obj = va->base.gem.obj;

	if (obj) {
		vgpu_bo_unpin(to_vgpu_bo(obj));
		drm_gem_object_put(obj);
	}
	kfree(va);
}

/**
 * vgpu_vas_free() - free mappings that are in no tree and no TLB
 * @list: of &vgpu_va; not to be used any more
 *
 * Context: Process context. Takes reservations of buffers.
 */
void vgpu_vas_free(struct list_head *list)
{
	struct vgpu_va *va, *next;

	list_for_each_entry_safe(va, next, list, link)
		vgpu_va_free(va);
}

static void vgpu_vm_release(struct kref *kref)
{
	struct vgpu_vm *vm = container_of(kref, struct vgpu_vm, kref);
	struct vgpu_client *client = vm->client;
	struct vgpu_device *vdev = vm->vdev;
	struct drm_gpuva *va, *next;

	vgpu_tlb_invalidate(vdev, vm->asid, 0, VGPU_VA_END);

	drm_gpuvm_for_each_va_safe(va, next, &vm->base) {
		drm_gpuva_remove(va);
		vgpu_va_free(to_vgpu_va(va));
	}
	vgpu_vas_free(&vm->kept);

	vgpu_pt_fini(vm);
	ida_free(&vdev->asids, vm->asid);
	/* frees the memory, and may free the device */
	drm_gpuvm_put(&vm->base);
	vgpu_client_put(client);
}

/**
 * vgpu_vm_put() - give a reference back
 * @vm: the address space
 *
 * Context: Process context, sleeps: the last reference waits for the engines to get
 * to the end of their commands.
 */
void vgpu_vm_put(struct vgpu_vm *vm)
{
	might_sleep();
	kref_put(&vm->kref, vgpu_vm_release);
}

/**
 * vgpu_vm_lookup() - find an address space by name
 * @client: whose name it is
 * @id: the name
 *
 * Context: Process context.
 * Return: the address space with a reference, or NULL.
 */
struct vgpu_vm *vgpu_vm_lookup(struct vgpu_client *client, u32 id)
{
	struct vgpu_vm *vm;

	xa_lock(&client->vms);
	vm = xa_load(&client->vms, id);
	if (vm)
		vgpu_vm_get(vm);
	xa_unlock(&client->vms);
	return vm;
}

static void vgpu_vm_remove_name(struct vgpu_client *client, struct vgpu_vm *vm)
{
	atomic_dec(&client->num_vms);
	vgpu_vm_put(vm);
}

/**
 * vgpu_vm_remove_names() - remove all names of address spaces
 * @client: a client whose file is being closed
 *
 * Context: Process context, sleeps.
 */
void vgpu_vm_remove_names(struct vgpu_client *client)
{
	struct vgpu_vm *vm;
	unsigned long id;

	xa_for_each(&client->vms, id, vm)
		vgpu_vm_remove_name(client, vm);
	xa_destroy(&client->vms);
}

static struct vgpu_vm *vgpu_vm_create(struct vgpu_device *vdev, struct vgpu_client *client)
{
	struct drm_gem_object *resv;
	struct vgpu_vm *vm;
	int ret;

	vm = kzalloc_obj(*vm, GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->kref);
	mutex_init(&vm->lock);
	mutex_init(&vm->submit_lock);
	INIT_LIST_HEAD(&vm->bind_queues);
	INIT_LIST_HEAD(&vm->kept);
	vm->vdev = vdev;
	vm->client = client;

	ret = ida_alloc_range(&vdev->asids, 1, U16_MAX, GFP_KERNEL);
	if (ret < 0) {
		/* all names that the device has are in use */
		ret = -ENOMEM;
		goto err_free;
	}
	vm->asid = ret;
	ret = vgpu_pt_init(vm);
	if (ret)
		goto err_asid;
	resv = drm_gpuvm_resv_object_alloc(&vdev->drm);
	if (!resv) {
		ret = -ENOMEM;
		goto err_pt;
	}
	drm_gpuvm_init(&vm->base, "vgpu_fw", 0, &vdev->drm, resv, VGPU_VA_START,
		       VGPU_VA_END - VGPU_VA_START, 0, 0, &vgpu_gpuvm_ops);
	drm_gem_object_put(resv);
	vgpu_client_get(client);
	return vm;

err_pt:
	vgpu_pt_fini(vm);
err_asid:
	ida_free(&vdev->asids, vm->asid);
err_free:
	mutex_destroy(&vm->submit_lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
	return ERR_PTR(ret);
}

/**
 * vgpu_vm_create_ioctl() - %DRM_IOCTL_VGPU_VM_CREATE
 * @drm: the device
 * @data: &struct drm_vgpu_vm_create
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_vm_create *args = data;
	struct vgpu_vm *vm;
	int ret;

	if (args->flags)
		return -EINVAL;
	ret = READ_ONCE(vdev->wedged);
	if (ret)
		return ret;
	ret = vgpu_charge_count(&client->num_vms, 1, vdev->limits.vms);
	if (ret)
		return ret;
	vm = vgpu_vm_create(vdev, client);
	if (IS_ERR(vm)) {
		ret = PTR_ERR(vm);
		goto err_charge;
	}
	/* from here on others can find it */
	ret = xa_alloc(&client->vms, &args->id, vm, xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_vm;
	return 0;

err_vm:
	vgpu_vm_put(vm);
err_charge:
	atomic_dec(&client->num_vms);
	return ret;
}

/**
 * vgpu_vm_destroy_ioctl() - %DRM_IOCTL_VGPU_VM_DESTROY
 * @drm: the device
 * @data: &struct drm_vgpu_vm_destroy
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_vm_destroy *args = data;
	struct vgpu_vm *vm;

	if (args->pad)
		return -EINVAL;
	vm = xa_erase(&client->vms, args->id);
	if (!vm)
		return -ENOENT;
	vgpu_vm_remove_name(client, vm);
	return 0;
}
