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

drm_dep_record *record_create(drm_dep_queue &queue, const drm_dep_queue_init_args &args)
{
	drm_dep_record *record =
		static_cast<drm_dep_record *>(os_alloc(sizeof(drm_dep_record), "queue"));

	if (!record)
		return nullptr;

	record->timeline = os_timeline_create(args.driver_name, args.name);
	if (!record->timeline) {
		os_free(record);
		return nullptr;
	}
	record->all.init();
	record->dying.init();
	record->queue = &queue;
	record->device = args.drm;
	record->owner = args.ops->owner;
	record->owner_pinned = false;
	teardown_init(*record);
	os_device_get(record->device);
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

namespace
{

/* One who waits, on his stack. */
struct Flush {
	Link link; /* in flushes */
	os_device *device;
	u64 number; /* up to which queues of the device have to be gone */
	u64 left;   /* how many of them are not */
};

} // namespace

static constinit Link flushes DEP_GUARDED_BY(records_lock){};

static bool waits_for(const Flush &flush, const drm_dep_record &record)
{
	return record.device == flush.device && record.dying_number <= flush.number;
}

void record_gone(drm_dep_record &record)
{
	{
		Guard guard(records_lock);

		record.dying.remove();
		for (Link *link = flushes.next; link != &flushes; link = link->next) {
			Flush &flush = *DEP_CONTAINER_OF(link, Flush, link);

			/* Not for each queue: whoever is woken up wants the lock. */
			if (waits_for(flush, record) && !--flush.left)
				os_wake(&records_lock);
		}
	}
	os_timeline_put(record.timeline);
	os_free(&record);
}

/* For os_wait(), which calls it with the lock held. */
static bool none_left(void *arg)
{
	return !static_cast<Flush *>(arg)->left;
}

static void begin_flush(Flush &flush, os_device *device)
{
	Guard guard(records_lock);

	flush.device = device;
	flush.number = last_dying_number;
	flush.left = 0;
	for (Link *link = dying_records.next; link != &dying_records; link = link->next)
		if (waits_for(flush, *DEP_CONTAINER_OF(link, drm_dep_record, dying)))
			flush.left++;
	flushes.add_tail(flush.link);
}

static void end_flush(Flush &flush)
{
	Guard guard(records_lock);

	flush.link.remove();
}

static drm_dep_record *first_to_wait_for(const Flush &flush) DEP_REQUIRES(records_lock)
{
	for (Link *link = dying_records.next; link != &dying_records; link = link->next) {
		drm_dep_record *record = DEP_CONTAINER_OF(link, drm_dep_record, dying);

		if (waits_for(flush, *record))
			return record;
	}
	return nullptr;
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
	dep::flushes.init();
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
	dep::Flush flush;

	os_might_sleep();
	os_inside_wait(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_TIMEOUT);
	os_inside_wait(OS_INSIDE_CLEANUP);

	dep::begin_flush(flush, drm);
	while (os_wait(&dep::records_lock, dep::none_left, &flush, patience_ns, false))
		dep::note_flush(flush);
	dep::end_flush(flush);
}
