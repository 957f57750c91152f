// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/time64.h>

#include "hw_model.h"

/**
 * DOC: translation
 *
 * Engines walk the page tables without a lock while the driver writes them: each
 * entry is read once, and a table is reached through the entry that was read, so
 * what is seen of a table is at least as new as its link. Entries are checked for
 * their magic before they are followed.
 *
 * Each engine remembers translations. The driver invalidates what it removes and
 * waits; until then the engine may use what it remembers.
 */

static enum vgpu_fault hw_mmu_walk(u64 root, u64 va, u64 *leaf)
{
	u64 pte = root;
	int level;

	for (level = VGPU_PT_LEVELS - 1; level >= 0; level--) {
		const u64 *table = (const u64 *)(uintptr_t)(pte & VGPU_PTE_ADDR);

		pte = READ_ONCE(table[vgpu_pt_index(va, level)]);
		if (!(pte & VGPU_PTE_VALID))
			return VGPU_FAULT_PAGE;
		if ((pte & VGPU_PTE_FIXED) != (VGPU_PTE_VALID | VGPU_PTE_MAGIC))
			return VGPU_FAULT_TABLE;
	}
	*leaf = pte;
	return VGPU_FAULT_NONE;
}

/**
 * hw_mmu_look() - find out where a GPU address is in memory, without an engine
 * @page: context that the address is of
 * @va: GPU address
 * @where: result
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: %VGPU_FAULT_NONE, or what is wrong.
 */
enum vgpu_fault hw_mmu_look(const struct vgpu_ctx_page *page, u64 va, const u64 **where)
{
	enum vgpu_fault fault;
	u64 pte;

	if (va >> VGPU_VA_BITS)
		return VGPU_FAULT_PAGE;
	fault = hw_mmu_walk(page->pt_root, va, &pte);
	if (!fault)
		*where = (const u64 *)(uintptr_t)((pte & VGPU_PTE_ADDR) +
						  (va & (VGPU_PAGE_SIZE - 1)));
	return fault;
}

/*
 * A translation that is remembered differs from the tables for as long as it takes the
 * driver to invalidate it, which removes it. One that is still used much later was forgotten
 * to be invalidated.
 */
static void hw_mmu_check(struct hw_engine *engine, const struct vgpu_ctx_page *page, u64 va,
			 struct hw_tlb_entry *entry)
{
	u64 now, pte;

	if (!hw_mmu_walk(page->pt_root, va, &pte) &&
	    (pte & (VGPU_PTE_ADDR | VGPU_PTE_WRITE)) == entry->page) {
		entry->stale_ns = 0;
		return;
	}
	now = ktime_get_ns();
	if (!entry->stale_ns)
		entry->stale_ns = now;
	if (now - entry->stale_ns < NSEC_PER_SEC)
		return;
	hw_count(engine->hw, HW_COUNT_STALE);
	WARN_ONCE(1, "vgpu_fw model: stale TLB: address space %llu, page %#llx\n", entry->asid,
		  entry->vpn);
}

/**
 * hw_mmu_flush() - forget all translations
 * @engine: the engine
 *
 * Context: The engine's thread.
 */
void hw_mmu_flush(struct hw_engine *engine)
{
	int i;

	for (i = 0; i < HW_TLB_ENTRIES; i++)
		engine->tlb[i].vpn = ~0ULL;
}

/**
 * hw_mmu_translate() - find out where a GPU address is in memory
 * @engine: the engine
 * @page: context that the address is of
 * @va: GPU address
 * @write: whether it is going to be written
 * @where: result
 *
 * A fault is recorded in @engine.
 *
 * Context: The engine's thread, with a context on the engine.
 * Return: %VGPU_FAULT_NONE, or what is wrong.
 */
enum vgpu_fault hw_mmu_translate(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				 u64 va, bool write, void **where)
{
	u64 vpn = va >> VGPU_PAGE_SHIFT;
	struct hw_tlb_entry *entry = &engine->tlb[vpn % HW_TLB_ENTRIES];
	enum vgpu_fault fault;
	u64 pte;

	if (entry->vpn != vpn || entry->asid != page->asid) {
		fault = VGPU_FAULT_PAGE;
		if (!(va >> VGPU_VA_BITS))
			fault = hw_mmu_walk(page->pt_root, va, &pte);
		if (fault)
			goto faulted;
		entry->vpn = vpn;
		entry->asid = page->asid;
		entry->page = pte & (VGPU_PTE_ADDR | VGPU_PTE_WRITE);
		entry->stale_ns = 0;
	} else if (unlikely(READ_ONCE(engine->hw->check_tlb))) {
		hw_mmu_check(engine, page, va, entry);
	}
	if (write && !(entry->page & VGPU_PTE_WRITE)) {
		fault = VGPU_FAULT_PAGE;
		goto faulted;
	}
	*where = (void *)(uintptr_t)((entry->page & VGPU_PTE_ADDR) + (va & (VGPU_PAGE_SIZE - 1)));
	return VGPU_FAULT_NONE;

faulted:
	engine->fault_va = va;
	return fault;
}

/**
 * hw_mmu_translate_range() - translate all pages of an operand
 * @engine: the engine
 * @page: context that the addresses are of
 * @va: first GPU address
 * @length: bytes, at most %VGPU_CMD_MAX_LENGTH
 * @write: whether it is going to be written
 * @pages: result, the beginning of each page; %HW_MAX_PAGES elements
 *
 * Done for every operand before a command has any effect, so that a command that
 * faults has none.
 *
 * Context: The engine's thread, with a context on the engine.
 * Return: %VGPU_FAULT_NONE, or what is wrong.
 */
enum vgpu_fault hw_mmu_translate_range(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				       u64 va, u64 length, bool write, void **pages)
{
	u64 left = length + (va & (VGPU_PAGE_SIZE - 1));
	enum vgpu_fault fault;
	u64 at = va;

	while (left) {
		void *where;

		fault = hw_mmu_translate(engine, page, at, write, &where);
		if (fault)
			return fault;
		*pages++ = (void *)((uintptr_t)where & VGPU_PTE_ADDR);
		/* can't wrap: the first address beyond the space has faulted */
		at = (at & ~(VGPU_PAGE_SIZE - 1)) + VGPU_PAGE_SIZE;
		left -= min(left, VGPU_PAGE_SIZE);
	}
	return VGPU_FAULT_NONE;
}
