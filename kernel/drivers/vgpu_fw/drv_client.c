// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/slab.h>

#include "drv.h"

/**
 * DOC: clients
 *
 * A client is what an open file owns. What is charged to it is charged until it is
 * freed, however the file and the names end: an exported buffer keeps its charge,
 * and so does a job that waits for a fence that never comes. Otherwise a client
 * could take all memory by closing what it still uses.
 */

/**
 * vgpu_client_get() - take a reference
 * @client: a client that the caller has a reference on
 *
 * Context: Any.
 * Return: @client.
 */
struct vgpu_client *vgpu_client_get(struct vgpu_client *client)
{
	kref_get(&client->kref);
	return client;
}

static void vgpu_client_release(struct kref *kref)
{
	struct vgpu_client *client = container_of(kref, struct vgpu_client, kref);

	WARN_ON(atomic64_read(&client->bo_bytes) || atomic_read(&client->num_jobs) ||
		atomic_read(&client->live_queues));
	kfree(client);
}

/**
 * vgpu_client_put() - give a reference back
 * @client: the client
 *
 * Context: Any.
 */
void vgpu_client_put(struct vgpu_client *client)
{
	kref_put(&client->kref, vgpu_client_release);
}

/**
 * vgpu_charge_count() - charge a number of things
 * @count: the account; to give back, subtract
 * @n: how many
 * @limit: how many there may be in all
 *
 * Context: Any.
 * Return: 0, or -EDQUOT when nothing was charged.
 */
int vgpu_charge_count(atomic_t *count, u32 n, u32 limit)
{
	int old = atomic_read(count);

	do {
		if (n > limit || old > (int)(limit - n))
			return -EDQUOT;
	} while (!atomic_try_cmpxchg(count, &old, old + n));
	return 0;
}

static bool vgpu_charge(atomic64_t *count, u64 n, u64 limit)
{
	s64 old = atomic64_read(count);

	do {
		if (n > limit || (u64)old > limit - n)
			return false;
	} while (!atomic64_try_cmpxchg(count, &old, old + n));
	return true;
}

/**
 * vgpu_charge_bytes() - charge memory that the device can reach
 * @client: who pays
 * @bytes: how much
 *
 * Context: Any.
 * Return: 0; -EDQUOT if that is more than the client may have; -ENOMEM if it is
 * more than all may have together.
 */
int vgpu_charge_bytes(struct vgpu_client *client, u64 bytes)
{
	struct vgpu_device *vdev = client->vdev;

	if (!vgpu_charge(&client->bo_bytes, bytes, vdev->limits.bo_bytes))
		return -EDQUOT;
	if (vgpu_charge(&vdev->bo_bytes, bytes, vdev->limits.device_bo_bytes))
		return 0;
	atomic64_sub(bytes, &client->bo_bytes);
	return -ENOMEM;
}

/**
 * vgpu_uncharge_bytes() - give back what vgpu_charge_bytes() took
 * @client: who paid
 * @bytes: how much
 *
 * Context: Any.
 */
void vgpu_uncharge_bytes(struct vgpu_client *client, u64 bytes)
{
	atomic64_sub(bytes, &client->vdev->bo_bytes);
	atomic64_sub(bytes, &client->bo_bytes);
}

/**
 * vgpu_client_open() - &drm_driver.open
 * @drm: the device
 * @file: the new file
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int vgpu_client_open(struct drm_device *drm, struct drm_file *file)
{
	struct vgpu_client *client = kzalloc_obj(*client, GFP_KERNEL_ACCOUNT);

	if (!client)
		return -ENOMEM;
	kref_init(&client->kref);
	client->vdev = to_vgpu_device(drm);
	client->id = file->client_id;
	xa_init_flags(&client->vms, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->queues, XA_FLAGS_ALLOC1);
	init_waitqueue_head(&client->queue_released);
	spin_lock_init(&client->live_lock);
	INIT_LIST_HEAD(&client->live);
	file->driver_priv = client;
	return 0;
}

/**
 * vgpu_client_close() - &drm_driver.postclose
 * @drm: the device
 * @file: the file that goes away
 *
 * Its queues are killed.
 *
 * Context: Process context. Does not wait for what runs.
 */
void vgpu_client_close(struct drm_device *drm, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;

	vgpu_queue_remove_names(client);
	vgpu_vm_remove_names(client);
	vgpu_client_put(client);
}
