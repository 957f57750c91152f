/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_RECORD_H_
#define _DRM_DEP_RECORD_H_

#include "abi.h"

/*
 * What has to be there for longer than a queue: the way to find all queues, and what the end
 * of one needs. Made with the queue, so that the end can't fail, and in memory of its own, so
 * that it is still there when the queue's is not.
 */
struct drm_dep_record {
	os_rcu_work release_work; /* first: its function gets a pointer to its start */
	os_work stop_work;
	os_timer timer;	 /* of timeout.cc; so that queue and driver's part fit into 512 bytes */
	dep::Link all;	 /* in all_records, until the teardown */
	dep::Link dying; /* in dying_records, from the last user's put to the end */
	drm_dep_queue *queue;
	os_device *device;
	os_module *owner;
	os_timeline *timeline; /* of the queue's fences */
	u64 dying_number;      /* in the order of dying_records */
	os_atomic fini_left;   /* fini's return, and drm_dep_queue_fini_done() */
	bool owner_pinned;
};

namespace dep
{

/* Takes a reference of the device. NULL when there is no memory. */
drm_dep_record *record_create(drm_dep_queue &queue,
			      const drm_dep_queue_init_args &args) OS_ALLOCATES;

/* The queue is complete, and can be found. */
void record_publish(drm_dep_record &record);

/* The queue has no references left, and can't be found any more. */
void record_withdraw(drm_dep_record &record);

/*
 * The last user of the queue is gone, and now drm_dep_flush() waits for it; and the end of
 * that. @record is freed.
 */
void record_dying(drm_dep_record &record) OS_NONBLOCKING;
void record_gone(drm_dep_record &record);

} // namespace dep

#endif /* _DRM_DEP_RECORD_H_ */
