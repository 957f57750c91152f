// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/gfp.h>
#include <linux/minmax.h>

#include "drv.h"

/**
 * DOC: page tables
 *
 * Tables are only ever added, and freed with the address space, so an engine, which walks
 * at any time and without locks, never meets one that is gone. They are charged to the
 * client: a single page at a far address costs two of them.
 *
 * Adding tables can fail and has no effect that a client could see; that is done by calls,
 * under &vgpu_vm.lock. Writing entries of the last level can't fail, takes no lock, and
 * is done by one at a time: by a job of a bind queue, as each waits for the one
 * before, or by a call under &vgpu_vm.lock when no such job is left.
 */

/* What an entry of a table of that level maps. */
static u64 vgpu_pt_span(int level)
{
	return VGPU_PAGE_SIZE << (VGPU_PT_BITS * level);
}

static u64 *vgpu_pt_alloc(struct vgpu_vm *vm, int *ret)
{
	u64 *table;

	*ret = vgpu_charge_bytes(vm->client, PAGE_SIZE);
	if (*ret)
		return NULL;
	table = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!table) {
		vgpu_uncharge_bytes(vm->client, PAGE_SIZE);
		*ret = -ENOMEM;
	}
	return table;
}

static void vgpu_pt_free(struct vgpu_vm *vm, u64 *table)
{
	free_page((unsigned long)table);
	vgpu_uncharge_bytes(vm->client, PAGE_SIZE);
}

static u64 *vgpu_pt_follow(u64 entry)
{
	return entry & VGPU_PTE_VALID ? (u64 *)(uintptr_t)(entry & VGPU_PTE_ADDR) : NULL;
}

/* The last-level table for an address, or NULL; and up to where that is the answer. */
static u64 *vgpu_pt_find(struct vgpu_vm *vm, u64 va, u64 *stop)
{
	u64 *table = vm->root;
	int level;

	for (level = VGPU_PT_LEVELS - 1; level > 0 && table; level--) {
		*stop = ALIGN_DOWN(va, vgpu_pt_span(level)) + vgpu_pt_span(level);
		/* a call may just be adding a table, for another one */
		table = vgpu_pt_follow(READ_ONCE(table[vgpu_pt_index(va, level)]));
	}
	return table;
}

/**
 * vgpu_pt_init() - make an empty root table
 * @vm: the address space
 *
 * Context: Process context, allocates.
 * Return: 0, -EDQUOT or -ENOMEM.
 */
int vgpu_pt_init(struct vgpu_vm *vm)
{
	int ret;

	vm->root = vgpu_pt_alloc(vm, &ret);
	return ret;
}

static void vgpu_pt_free_tree(struct vgpu_vm *vm, u64 *table, int level)
{
	unsigned int i;

	for (i = 0; level > 0 && i < VGPU_PT_ENTRIES; i++) {
		u64 *child = vgpu_pt_follow(table[i]);

		if (child)
			vgpu_pt_free_tree(vm, child, level - 1);
	}
	vgpu_pt_free(vm, table);
	cond_resched();
}

/**
 * vgpu_pt_fini() - free all tables
 * @vm: an address space that no engine uses any more
 *
 * Context: Process context.
 */
void vgpu_pt_fini(struct vgpu_vm *vm)
{
	/* as deep as the tables: three levels */
	vgpu_pt_free_tree(vm, vm->root, VGPU_PT_LEVELS - 1);
}

/**
 * vgpu_pt_prepare() - add the tables that a range needs
 * @vm: the address space
 * @va: first address
 * @size: bytes
 *
 * What has been added stays, also on failure: it maps nothing.
 *
 * Context: Process context, allocates. Caller holds &vgpu_vm.lock.
 * Return: 0, -EDQUOT or -ENOMEM.
 */
int vgpu_pt_prepare(struct vgpu_vm *vm, u64 va, u64 size)
{
	const u64 span = vgpu_pt_span(1);
	u64 at;

	lockdep_assert_held(&vm->lock);

	for (at = ALIGN_DOWN(va, span); at < va + size; at += span) {
		u64 *table = vm->root;
		int level;

		for (level = VGPU_PT_LEVELS - 1; level > 0; level--) {
			u64 *entry = &table[vgpu_pt_index(at, level)];
			int ret;

			table = vgpu_pt_follow(*entry);
			if (table)
				continue;
			table = vgpu_pt_alloc(vm, &ret);
			if (!table)
				return ret;
			/* the table is empty before it can be found */
			smp_store_release(entry, (u64)(uintptr_t)table | VGPU_PTE_VALID |
						 VGPU_PTE_MAGIC);
		}
		cond_resched();
	}
	return 0;
}

static void vgpu_pt_map(struct vgpu_vm *vm, const struct vgpu_pte_op *op)
{
	const u64 flags = VGPU_PTE_VALID | VGPU_PTE_MAGIC | (op->readonly ? 0 : VGPU_PTE_WRITE);
	u64 va = op->va, end = op->va + op->size, offset = op->offset, stop;

	while (va < end) {
		u64 *table = vgpu_pt_find(vm, va, &stop);

		if (WARN_ON_ONCE(!table))
			return;
		for (stop = min(stop, end); va < stop; va += VGPU_PAGE_SIZE) {
			/* pairs with the walk: the page was zeroed long before */
			smp_store_release(&table[vgpu_pt_index(va, 0)],
					  vgpu_bo_bus_address(op->bo, offset) | flags);
			offset += VGPU_PAGE_SIZE;
		}
		cond_resched();
	}
}

static void vgpu_pt_unmap(struct vgpu_vm *vm, const struct vgpu_pte_op *op)
{
	u64 va = op->va, end = op->va + op->size, stop;

	while (va < end) {
		u64 *table = vgpu_pt_find(vm, va, &stop);

		stop = min(stop, end);
		for (; table && va < stop; va += VGPU_PAGE_SIZE)
			WRITE_ONCE(table[vgpu_pt_index(va, 0)], 0);
		va = stop;
		cond_resched();
	}
}

/**
 * vgpu_pt_write() - map a range of a buffer, or unmap what is mapped in a range
 * @vm: the address space
 * @op: what; to map, vgpu_pt_prepare() was called for the range
 *
 * Engines may remember what was mapped until they have been told to forget it.
 *
 * Context: May sleep, doesn't allocate, takes no lock: also in run_job. One at a time per
 * address space, see above. Can't fail.
 */
void vgpu_pt_write(struct vgpu_vm *vm, const struct vgpu_pte_op *op)
{
	if (op->bo)
		vgpu_pt_map(vm, op);
	else
		vgpu_pt_unmap(vm, op);
}
