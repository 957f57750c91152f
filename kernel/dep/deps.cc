// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The set of fences that a job waits for.
 */
#include "deps.h"
#include "job.h"
#include "trace.h"

namespace dep
{

namespace
{

/*
 * Most jobs have a few dependencies, some have thousands: the first chunk is small,
 * the others fill what an allocator rounds up to 512 bytes on 64-bit kernels.
 */
struct Chunk {
	static constexpr u32 first_capacity = 2;
	static constexpr u32 capacity = 10;

	Chunk *next;
	u32 used;
	u32 size;
	drm_dep_deps_node nodes[];

	static Chunk *create(u32 size, Chunk *next)
	{
		Chunk *chunk = static_cast<Chunk *>(
			os_alloc(sizeof(Chunk) + size * sizeof(drm_dep_deps_node), "dependencies"));

		if (!chunk)
			return nullptr;

		chunk->next = next;
		chunk->used = 0;
		chunk->size = size;
		return chunk;
	}

	bool full() const { return used == size; }
};

Chunk *chunks_of(const drm_dep_job &job)
{
	return static_cast<Chunk *>(job.deps_chunks);
}

template <typename Function>
void for_each_node(const drm_dep_job &job, Function function)
{
	for (Chunk *chunk = chunks_of(job); chunk; chunk = chunk->next)
		for (u32 i = 0; i < chunk->used; i++)
			function(chunk->nodes[i]);
}

drm_dep_deps_node *new_node(drm_dep_job &job)
{
	Chunk *chunk = chunks_of(job);

	if (!chunk || chunk->full()) {
		chunk = Chunk::create(chunk ? Chunk::capacity : Chunk::first_capacity, chunk);
		if (!chunk)
			return nullptr;
		job.deps_chunks = chunk;
	}
	return &chunk->nodes[chunk->used++];
}

/* The place in the tree where the node of @context is, or would be. */
drm_dep_deps_node **find(drm_dep_deps_node **slot, u64 context)
{
	/* 2^64 over the golden ratio: Fibonacci hashing, Knuth, TAOCP volume 3, 6.4. */
	u64 hash = context * 0x9e3779b97f4a7c15ull;

	while (*slot && (*slot)->context != context) {
		slot = &(*slot)->child[hash >> 62];
		hash <<= 2;
	}
	return slot;
}

/* Adds one fence that is not a container. */
int add_one(os_fence *fence, bool signalled, void *arg)
{
	drm_dep_job &job = *static_cast<drm_dep_job *>(arg);
	u64 context = os_fence_context(fence);
	drm_dep_deps_node **slot;
	drm_dep_deps_node *node;

	if (signalled) {
		if (!job.dep_error)
			job.dep_error = os_fence_error(fence);
		return 0;
	}
	/* The queue runs its jobs in order, so such a fence is waited for anyway. */
	if (context == job.queue->context && !(job.queue->flags & DRM_DEP_QUEUE_KEEP_OWN_DEPS))
		return 0;

	slot = find(&job.deps_root, context);
	node = *slot;
	if (node) {
		if (os_fence_is_later(fence, node->fence)) {
			os_fence_get(fence);
			os_fence_put(node->fence);
			node->fence = fence;
		}
		return 0;
	}

	node = new_node(job);
	if (!node)
		return -OS_ENOMEM;

	os_fence_get(fence);
	node->fence = fence;
	node->context = context;
	for (drm_dep_deps_node *&child : node->child)
		child = nullptr;
	*slot = node;
	job.deps_count++;
	return 0;
}

/*
 * A fence has signalled, or had before. After the decrement the job may be gone, and the
 * queue's memory is there only because of the read section.
 */
void one_met(drm_dep_job &job)
{
	RcuReadSection section;
	drm_dep_queue &queue = *job.queue;

	if (os_dec_and_test(&job.deps_left))
		os_work_queue(queue.workqueue, &queue.run_work);
}

/* Called by a fence as it signals, with its lock held. */
void dependency_signalled(os_fence *, os_fence_cb *cb)
{
	drm_dep_deps_node *node = DEP_CONTAINER_OF(cb, drm_dep_deps_node, cb);
	drm_dep_job *job = static_cast<drm_dep_job *>(node->job.value);

	os_store_ptr(&node->job, nullptr);
	one_met(*job);
}

/* The same for the fence that prepare_job returned. */
void prepare_fence_signalled(os_fence *, os_fence_cb *cb)
{
	one_met(*DEP_CONTAINER_OF(cb, drm_dep_job, hw_cb));
}

/*
 * Only "the callback will not run" counts as signalled: a fence is seen as signalled before
 * its callbacks have run, and then what the callback is in would be freed under the
 * signaller. The count can't become 0 here, because of the one that is there meanwhile.
 */
bool add_callback(drm_dep_job &job, os_fence *fence, os_fence_cb *cb, os_fence_fn fn)
{
	if (!os_fence_add_callback(fence, cb, fn))
		return true;
	(void)os_dec_and_test(&job.deps_left);
	return false;
}

} // namespace

void deps_init(drm_dep_job &job)
{
	job.deps_root = nullptr;
	job.deps_chunks = nullptr;
	job.deps_count = 0;
	job.dep_error = 0;
	job.deps_left.value = 1;
}

int deps_add(drm_dep_job &job, os_fence *fence)
{
	return os_fence_each(fence, add_one, &job);
}

void deps_register(drm_dep_job &job)
{
	if (!job.deps_count)
		return; /* what deps_init() left is right */

	if (traces(OS_TRACE_ADD_DEP))
		for_each_node(job, [&job](drm_dep_deps_node &node) {
			trace(OS_TRACE_ADD_DEP, job, node.fence);
		});

	/* One for each callback, and one that deps_registered() takes away. */
	os_store_release(&job.deps_left, static_cast<int>(job.deps_count) + 1);

	for_each_node(job, [&job](drm_dep_deps_node &node) {
		node.job.value = &job;
		if (!add_callback(job, node.fence, &node.cb, dependency_signalled))
			os_store_ptr(&node.job, nullptr);
	});
}

void deps_registered(drm_dep_job &job)
{
	(void)os_dec_and_test(&job.deps_left);
	job.registered = true;
}

void deps_register_one_more(drm_dep_job &job, os_fence *fence)
{
	if (job.prepare_fence)
		os_fence_put(job.prepare_fence);
	job.prepare_fence = fence;

	os_store_release(&job.deps_left, 2);
	add_callback(job, fence, &job.hw_cb, prepare_fence_signalled);
}

bool deps_have(const drm_dep_job &job, os_fence *fence)
{
	drm_dep_deps_node *root = job.deps_root;
	drm_dep_deps_node *node = *find(&root, os_fence_context(fence));

	return node && node->fence == fence;
}

int deps_error(const drm_dep_job &job)
{
	int error = job.dep_error;

	for_each_node(job, [&error](drm_dep_deps_node &node) {
		if (!error)
			error = os_fence_error(node.fence);
	});
	return error;
}

os_fence *deps_blocking(const drm_dep_job &job)
{
	/* The lock is held: a bound, as a job may have any number of them. */
	constexpr unsigned int look_at_most = 256;
	unsigned int looked_at = 0;

	if (deps_met(job))
		return nullptr;
	/* Not ready, so the run side does not touch what it waits for before it gets the lock. */
	if (job.prepare_fence) {
		os_fence_get(job.prepare_fence);
		return job.prepare_fence;
	}
	for (Chunk *chunk = chunks_of(job); chunk; chunk = chunk->next)
		for (u32 i = 0; i < chunk->used && looked_at < look_at_most; i++, looked_at++) {
			drm_dep_deps_node &node = chunk->nodes[i];

			if (os_load_ptr(&node.job)) {
				os_fence_get(node.fence);
				return node.fence;
			}
		}
	return nullptr;
}

void deps_free_all(drm_dep_job &job)
{
	Chunk *next;

	for_each_node(job, [](drm_dep_deps_node &node) { os_fence_put(node.fence); });

	for (Chunk *chunk = chunks_of(job); chunk; chunk = next) {
		next = chunk->next;
		os_free(chunk);
	}
	job.deps_chunks = nullptr;

	if (job.prepare_fence)
		os_fence_put(job.prepare_fence);
	job.prepare_fence = nullptr;
}

} // namespace dep

bool drm_dep_job_has_dependency(drm_dep_job *job, os_fence *fence)
{
	return job->state == dep::INITIALISED && dep::deps_have(*job, fence);
}

int drm_dep_job_dependency_error(drm_dep_job *job)
{
	/* The set is freed after the first run. */
	job->dep_error = dep::deps_error(*job);
	return job->dep_error;
}
