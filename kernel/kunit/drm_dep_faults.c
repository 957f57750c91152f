// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where the two modules allocate, how often they did and how often it was made to fail. Fault
 * injection decides what fails; this only counts. What it has counted is in
 *
 *	/sys/kernel/debug/drm_dep_faults/places
 *
 * with one line for each place, its columns apart by tabs:
 *
 *	site MODULE FILE:LINE FUNCTION FUNCTION+OFFSET CALLS FAILURES
 *	call MODULE FUNCTION+OFFSET - - CALLS FAILURES
 *
 * A site is a place in a module that allocates, as /proc/allocinfo lists it; FUNCTION+OFFSET is
 * where that call returns to. The functions of os.h allocate for others: there it is the call of
 * such a function, and each is a place of its own. A call is one into the kernel, below which an
 * allocation or a copy from or to the caller's memory was seen; these are counted of tasks only
 * that have set /proc/self/make-it-fail.
 *
 * Which site it is says the tag that the task has while it allocates. That an allocation is made
 * to fail is seen by the line that fault injection prints for it, in the middle of it; so its
 * "verbose" has to be at least 1.
 *
 * An allocation that has something to fall back on asks for silence: there is no line. It has
 * not failed before that has failed as well. So the next allocation of the task is made to fail,
 * which is the one that it falls back on, and that one's line counts for the site.
 */
#include <linux/alloc_tag.h>
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include <trace/events/kmem.h>
#include <trace/events/printk.h>

#define MAX_PLACES 512
#define MAX_FRAMES 48

struct place {
	const char *kind;
	char module[12];
	char where[120];
	char function[64];
	char caller[120];
	/* What a page is needed for in a slab counts as one of the slab's calls. */
	unsigned int slab_calls;
	unsigned int page_calls;
	unsigned int failures;
};

enum event {
	SLAB_CALL,
	PAGE_CALL,
	FAILURE,
};

static DEFINE_RAW_SPINLOCK(lock);
static struct place places[MAX_PLACES];
static unsigned int num_places;
static unsigned int num_lost;
/* Whose allocation has failed in silence, and where. */
static struct task_struct *silent_task;
static struct place silent_place;
static struct tracepoint *page_tracepoint;
static struct dentry *folder;

static bool is_ours(const char *module)
{
	return !strcmp(module, "drm_dep") || !strcmp(module, "vgpu_fw");
}

/*
 * The innermost frame of one of the modules, without the functions of os.h if @past_os. Only its
 * name can be kept: a module that is loaded again is at another address.
 */
static bool find_frame(struct place *place, char *name, size_t size, bool past_os)
{
	unsigned long frames[MAX_FRAMES];
	unsigned int n = stack_trace_save(frames, MAX_FRAMES, 1);
	char symbol[KSYM_SYMBOL_LEN];
	unsigned int i;

	for (i = 0; i < n; i++) {
		char *module, *end;

		if (!is_vmalloc_or_module_addr((void *)frames[i]))
			continue;
		sprint_symbol(symbol, frames[i]);
		module = strstr(symbol, " [");
		if (!module)
			continue;
		*module = '\0';
		module += 2;
		end = strpbrk(module, " ]");
		if (end)
			*end = '\0';
		if (!is_ours(module) || (past_os && str_has_prefix(symbol, "os_")))
			continue;
		strscpy(place->module, module, sizeof(place->module));
		/* "function+0x12/0x34": the size says nothing */
		end = strrchr(symbol, '/');
		if (end)
			*end = '\0';
		strscpy(name, symbol, size);
		return true;
	}
	return false;
}

/* Whether what the current task does right now is one of the places. */
static bool find_place(struct place *place)
{
	const struct alloc_tag *tag = current->alloc_tag;

	if (tag && tag->ct.modname && is_ours(tag->ct.modname)) {
		place->kind = "site";
		snprintf(place->where, sizeof(place->where), "%s:%u", tag->ct.filename,
			 tag->ct.lineno);
		strscpy(place->function, tag->ct.function, sizeof(place->function));
		strscpy(place->caller, "-", sizeof(place->caller));
		find_frame(place, place->caller, sizeof(place->caller),
			   str_has_prefix(tag->ct.function, "os_"));
		/* after that, for a frame has a module of its own */
		strscpy(place->module, tag->ct.modname, sizeof(place->module));
		return true;
	}
	if (!current->make_it_fail)
		return false;
	place->kind = "call";
	strscpy(place->function, "-", sizeof(place->function));
	strscpy(place->caller, "-", sizeof(place->caller));
	return find_frame(place, place->where, sizeof(place->where), false);
}

static bool is_same(const struct place *a, const struct place *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->module, b->module) &&
	       !strcmp(a->where, b->where) && !strcmp(a->function, b->function) &&
	       !strcmp(a->caller, b->caller);
}

/* With the lock held. */
static void count_at(enum event event, const struct place *here)
{
	unsigned int i;

	for (i = 0; i < num_places && !is_same(&places[i], here); i++)
		;
	if (i == MAX_PLACES) {
		num_lost++;
		return;
	}
	if (i == num_places)
		places[num_places++] = *here;
	if (event == SLAB_CALL)
		places[i].slab_calls++;
	else if (event == PAGE_CALL)
		places[i].page_calls++;
	else
		places[i].failures++;
}

static void count(enum event event, unsigned long call_site)
{
	struct place here = {};
	unsigned long flags;

	if (!in_task() || !find_place(&here))
		return;
	/* What checkers allocate on the occasion is not the site's. */
	if (event == SLAB_CALL && *here.kind == 's' &&
	    !is_vmalloc_or_module_addr((void *)call_site))
		return;

	raw_spin_lock_irqsave(&lock, flags);
	count_at(event, &here);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void on_silent_failure(void)
{
	struct place here = {};
	unsigned long flags;

	if (!in_task() || !current->make_it_fail || !find_place(&here) || *here.kind != 's')
		return;
	raw_spin_lock_irqsave(&lock, flags);
	silent_task = current;
	silent_place = here;
	raw_spin_unlock_irqrestore(&lock, flags);
	WRITE_ONCE(current->fail_nth, 1);
}

static void on_failure(void)
{
	unsigned long flags;
	bool was_silent;

	raw_spin_lock_irqsave(&lock, flags);
	was_silent = in_task() && silent_task == current;
	if (was_silent) {
		count_at(FAILURE, &silent_place);
		silent_task = NULL;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	if (!was_silent)
		count(FAILURE, 0);
}

static void on_kmalloc(void *data, unsigned long call_site, const void *ptr, size_t bytes_req,
		       size_t bytes_alloc, gfp_t gfp_flags, int node)
{
	count(SLAB_CALL, call_site);
	if (!ptr && (gfp_flags & __GFP_NOWARN) && is_vmalloc_or_module_addr((void *)call_site))
		on_silent_failure();
}

static void on_cache_alloc(void *data, unsigned long call_site, const void *ptr,
			   struct kmem_cache *cache, gfp_t gfp_flags, int node)
{
	count(SLAB_CALL, call_site);
}

/* Not called for a page that fault injection refuses. */
static void on_page_alloc(void *data, struct page *page, unsigned int order, gfp_t gfp_flags,
			  int migratetype)
{
	count(PAGE_CALL, 0);
}

static void on_printk(void *data, const char *text, size_t len)
{
	if (strnstr(text, "FAULT_INJECTION: forcing a failure", len))
		on_failure();
}

/* One tracepoint is not exported to modules by name. */
static void find_page_tracepoint(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "mm_page_alloc"))
		page_tracepoint = tp;
}

static int places_show(struct seq_file *file, void *unused)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < READ_ONCE(num_places); i++) {
		struct place place;
		unsigned int calls;

		raw_spin_lock_irqsave(&lock, flags);
		place = places[i];
		raw_spin_unlock_irqrestore(&lock, flags);
		calls = place.slab_calls ?: place.page_calls;
		/* A page that is refused is seen as that only. */
		if (!place.slab_calls)
			calls += place.failures;
		seq_printf(file, "%s\t%s\t%s\t%s\t%s\t%u\t%u\n", place.kind, place.module,
			   place.where, place.function, place.caller, calls, place.failures);
	}
	if (num_lost)
		seq_printf(file, "lost\t%u\n", num_lost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(places);

static int __init drm_dep_faults_init(void)
{
	int ret;

	for_each_kernel_tracepoint(find_page_tracepoint, NULL);
	if (!page_tracepoint)
		return -ENOENT;
	ret = tracepoint_probe_register(page_tracepoint, on_page_alloc, NULL);
	if (ret)
		return ret;
	ret = register_trace_kmalloc(on_kmalloc, NULL);
	if (ret)
		goto err_page;
	ret = register_trace_kmem_cache_alloc(on_cache_alloc, NULL);
	if (ret)
		goto err_kmalloc;
	ret = register_trace_console(on_printk, NULL);
	if (ret)
		goto err_cache;
	folder = debugfs_create_dir("drm_dep_faults", NULL);
	debugfs_create_file("places", 0400, folder, NULL, &places_fops);
	return 0;

err_cache:
	unregister_trace_kmem_cache_alloc(on_cache_alloc, NULL);
err_kmalloc:
	unregister_trace_kmalloc(on_kmalloc, NULL);
err_page:
	tracepoint_probe_unregister(page_tracepoint, on_page_alloc, NULL);
	tracepoint_synchronize_unregister();
	return ret;
}

static void __exit drm_dep_faults_exit(void)
{
	debugfs_remove(folder);
	unregister_trace_console(on_printk, NULL);
	unregister_trace_kmem_cache_alloc(on_cache_alloc, NULL);
	unregister_trace_kmalloc(on_kmalloc, NULL);
	tracepoint_probe_unregister(page_tracepoint, on_page_alloc, NULL);
	tracepoint_synchronize_unregister();
}

module_init(drm_dep_faults_init);
module_exit(drm_dep_faults_exit);

MODULE_DESCRIPTION("Counts where drm_dep and vgpu_fw allocate");
MODULE_LICENSE("Dual MIT/GPL");
