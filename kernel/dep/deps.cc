// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The set of fences that a job waits for.
 */
#include "deps.h"

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

/* Adds one fence that is not a container. */
int add_one(os_fence *fence, void *arg)
{
	drm_dep_job &job = *static_cast<drm_dep_job *>(arg);
	u64 context = os_fence_context(fence);
	/* 2^64 over the golden ratio: Fibonacci hashing, Knuth, TAOCP volume 3, 6.4. */
	u64 hash = context * 0x9e3779b97f4a7c15ull;
	drm_dep_deps_node **slot = &job.deps_root;
	drm_dep_deps_node *node;

	/* The queue runs its jobs in order, so such a fence is waited for anyway. */
	if (context == job.queue->context)
		return 0;

	while ((node = *slot) && node->context != context) {
		slot = &node->child[hash >> 62];
		hash <<= 2;
	}

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
 * Called by a fence as it signals, with its lock held. After the decrement the job
 * may be gone, and the queue's memory is there only because of the read section.
 */
void dependency_signalled(os_fence *, os_fence_cb *cb)
{
	RcuReadSection section;
	drm_dep_job *job = DEP_CONTAINER_OF(cb, drm_dep_deps_node, cb)->job;
	drm_dep_queue *queue = job->queue;

	if (os_dec_and_test(&job->deps_left))
		os_work_queue(os_wq_run(), &queue->run_work);
}

} // namespace

void deps_init(drm_dep_job &job)
{
	job.deps_root = nullptr;
	job.deps_chunks = nullptr;
	job.deps_count = 0;
	job.deps_left.value = 1;
}

int deps_add(drm_dep_job &job, os_fence *fence)
{
	return os_fence_each_pending(fence, add_one, &job);
}

void deps_register(drm_dep_job &job)
{
	/* One for each callback, and one that deps_registered() takes away. */
	os_store_release(&job.deps_left, static_cast<int>(job.deps_count) + 1);

	for_each_node(job, [&job](drm_dep_deps_node &node) {
		node.job = &job;
		/*
		 * Only "the callback will not run" counts as signalled: a fence is seen
		 * as signalled before its callbacks have run, and then the node would
		 * be freed under the signaller.
		 */
		if (os_fence_add_callback(node.fence, &node.cb, dependency_signalled))
			(void)os_dec_and_test(&job.deps_left);
	});
}

void deps_registered(drm_dep_job &job)
{
	(void)os_dec_and_test(&job.deps_left);
	job.registered = true;
}

void deps_free(drm_dep_job &job)
{
	Chunk *next;

	for_each_node(job, [](drm_dep_deps_node &node) { os_fence_put(node.fence); });

	for (Chunk *chunk = chunks_of(job); chunk; chunk = next) {
		next = chunk->next;
		os_free(chunk);
	}
	job.deps_chunks = nullptr;
}

} // namespace dep
