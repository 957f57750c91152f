// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * All queues that exist, and those that are on their way out.
 */
#include "record.h"
#include "queue.h"
#include "teardown.h"

namespace dep
{

static constinit os_class records_lock_class{};

static constinit os_lock records_lock{};
static constinit Link all_records DEP_GUARDED_BY(records_lock){};
static constinit Link dying_records DEP_GUARDED_BY(records_lock){};
static constinit u64 last_dying_number DEP_GUARDED_BY(records_lock) = 0;

drm_dep_record *record_create(drm_dep_queue &queue, os_device *device, os_module *owner)
{
	drm_dep_record *record =
		static_cast<drm_dep_record *>(os_alloc(sizeof(drm_dep_record), "queue"));

	if (!record)
		return nullptr;

	record->all.init();
	record->dying.init();
	record->queue = &queue;
	record->device = device;
	record->owner = owner;
	record->owner_pinned = false;
	teardown_init(*record);
	os_device_get(device);
	return record;
}

void record_publish(drm_dep_record &record)
{
	Guard guard(records_lock);

	all_records.add_tail(record.all);
}

void record_withdraw(drm_dep_record &record)
{
	Guard guard(records_lock);

	record.all.remove();
}

void record_dying(drm_dep_record &record)
{
	Guard guard(records_lock);

	record.dying_number = ++last_dying_number;
	dying_records.add_tail(record.dying);
}

void record_gone(drm_dep_record &record)
{
	{
		Guard guard(records_lock);

		record.dying.remove();
		os_wake(&records_lock);
	}
	os_free(&record);
}

namespace
{

struct Flush {
	os_device *device;
	u64 number; /* up to which queues of the device have to be gone */
};

} // namespace

/* Like the next one, for os_wait(), which calls it with the lock held. */
static drm_dep_record *first_to_wait_for(const Flush &flush) OS_ANALYSIS(no_thread_safety_analysis)
{
	for (Link *link = dying_records.next; link != &dying_records; link = link->next) {
		drm_dep_record *record = DEP_CONTAINER_OF(link, drm_dep_record, dying);

		if (record->dying_number > flush.number)
			return nullptr;
		if (record->device == flush.device)
			return record;
	}
	return nullptr;
}

static bool none_to_wait_for(void *arg)
{
	return !first_to_wait_for(*static_cast<Flush *>(arg));
}

/* Says what a flush is waiting for. */
static void note_flush(const Flush &flush)
{
	drm_dep_queue *queue = nullptr;
	drm_dep_view view = {};
	bool found;

	{
		Guard guard(records_lock);
		drm_dep_record *record = first_to_wait_for(flush);

		found = record;
		/* One that is withdrawn may have been released. */
		if (record && !record->all.empty() && os_ref_get_unless_zero(&record->queue->ref))
			queue = record->queue;
	}
	if (!found)
		return;
	if (!queue) { /* fini or release takes long */
		os_note(OS_NOTE_FLUSH, nullptr, 0, 0);
		return;
	}
	drm_dep_look(queue, &view);
	os_note(OS_NOTE_FLUSH, queue, view.waiting + view.in_flight, 0);
	if (view.blocking)
		os_fence_put(view.blocking);
	queue_unref(*queue);
}

} // namespace dep

void drm_dep_core_init(void)
{
	os_lock_init(&dep::records_lock, &dep::records_lock_class, "drm_dep_records");

	dep::Guard guard(dep::records_lock);

	dep::all_records.init();
	dep::dying_records.init();
}

drm_dep_queue *drm_dep_next_queue(drm_dep_queue *queue)
{
	drm_dep_queue *next = nullptr;

	{
		dep::Guard guard(dep::records_lock);
		dep::Link *link = queue ? queue->record->all.next : dep::all_records.next;

		for (; link != &dep::all_records && !next; link = link->next) {
			drm_dep_record *record = DEP_CONTAINER_OF(link, drm_dep_record, all);

			/* Without a reference it is about to be withdrawn. */
			if (os_ref_get_unless_zero(&record->queue->ref))
				next = record->queue;
		}
	}
	if (queue)
		dep::queue_unref(*queue);
	return next;
}

void drm_dep_flush(os_device *drm)
{
	/* Long for a person who waits. */
	constexpr u64 patience_ns = 10000000000ull;
	dep::Flush flush = {.device = drm, .number = 0};

	os_might_sleep();
	{
		dep::Guard guard(dep::records_lock);

		flush.number = dep::last_dying_number;
	}
	os_inside_wait(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_TIMEOUT);
	os_inside_wait(OS_INSIDE_CLEANUP);

	while (os_wait(&dep::records_lock, dep::none_to_wait_for, &flush, patience_ns, false))
		dep::note_flush(flush);
}
