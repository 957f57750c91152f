/* SPDX-License-Identifier: MIT */
#ifndef _VGPU_FW_DRM_H_
#define _VGPU_FW_DRM_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: vgpu_fw user interface
 *
 * vgpu_fw is a virtual GPU that schedules in firmware. A client
 *
 * 1. opens the render node and asks for limits with %DRM_IOCTL_VGPU_QUERY;
 * 2. makes buffers (%DRM_IOCTL_VGPU_BO_CREATE), maps them into its own address
 *    space with %DRM_IOCTL_VGPU_BO_MMAP_OFFSET and mmap();
 * 3. makes a GPU address space (%DRM_IOCTL_VGPU_VM_CREATE) and maps buffers
 *    there (%DRM_IOCTL_VGPU_VM_BIND);
 * 4. makes queues (%DRM_IOCTL_VGPU_QUEUE_CREATE), each bound to one address
 *    space and one class of engine;
 * 5. writes commands into buffers and submits them with %DRM_IOCTL_VGPU_EXEC.
 *
 * Jobs of one queue run and complete in the order in which they were submitted.
 * Queues are independent of each other; sync objects order jobs across queues,
 * address spaces and processes.
 *
 * A call that has nothing to tell writes nothing back, so it can't fail after it
 * has taken effect. One that has, returns -EFAULT if its structure can't be
 * written to: then it has taken effect all the same. What it has made has no name
 * that the caller knows, counts towards the shares of the file and is gone when
 * the file is closed.
 *
 * Rules that hold for every structure here: padding and reserved fields must be
 * zero, unknown flags are refused with -EINVAL, a version of this header only
 * ever adds fields at the end of a structure, and zero in a field that was added
 * later means the behaviour from before. All addresses, sizes and lengths are in
 * bytes unless a field says otherwise.
 *
 * Errors that any call here may return:
 *
 * ============  ==============================================================
 * -EINVAL       an unknown flag, kind or operation; padding that is not zero; a
 *               value that is out of range or not aligned; a bad array stride;
 *               a queue of another address space
 * -ENOENT       no object with such a handle or id in this file
 * -EFAULT       a pointer that can't be read or written
 * -E2BIG        an array with more elements than the limit allows, or an
 *               element with data that this version does not know
 * -EMSGSIZE     a job that is larger than its queue can ever hold
 * -EDQUOT       this file has used up its share of address spaces, queues,
 *               pending jobs or buffer memory
 * -EOPNOTSUPP   import of a buffer that can't be mapped by the CPU
 * -EACCES       a priority that this process may not ask for
 * -ECANCELED    the queue was killed or banned
 * -EIO          the device could not be brought back to life
 * -ENOMEM       the kernel is out of memory
 * -ENODEV       the device is gone
 * -EINTR        a signal came; nothing has happened, call again
 * ============  ==============================================================
 */

/**
 * DRM_VGPU_VERSION_MAJOR - changes when an old client can no longer work.
 */
#define DRM_VGPU_VERSION_MAJOR 1

/**
 * DRM_VGPU_VERSION_MINOR - goes up with every addition.
 */
#define DRM_VGPU_VERSION_MINOR 0

/**
 * enum drm_vgpu_ioctl_id - numbers of the calls; new ones go to the end.
 */
enum drm_vgpu_ioctl_id {
	/** @DRM_VGPU_QUERY: see %DRM_IOCTL_VGPU_QUERY. */
	DRM_VGPU_QUERY = 0,
	/** @DRM_VGPU_BO_CREATE: see %DRM_IOCTL_VGPU_BO_CREATE. */
	DRM_VGPU_BO_CREATE,
	/** @DRM_VGPU_BO_MMAP_OFFSET: see %DRM_IOCTL_VGPU_BO_MMAP_OFFSET. */
	DRM_VGPU_BO_MMAP_OFFSET,
	/** @DRM_VGPU_VM_CREATE: see %DRM_IOCTL_VGPU_VM_CREATE. */
	DRM_VGPU_VM_CREATE,
	/** @DRM_VGPU_VM_DESTROY: see %DRM_IOCTL_VGPU_VM_DESTROY. */
	DRM_VGPU_VM_DESTROY,
	/** @DRM_VGPU_VM_BIND: see %DRM_IOCTL_VGPU_VM_BIND. */
	DRM_VGPU_VM_BIND,
	/** @DRM_VGPU_QUEUE_CREATE: see %DRM_IOCTL_VGPU_QUEUE_CREATE. */
	DRM_VGPU_QUEUE_CREATE,
	/** @DRM_VGPU_QUEUE_DESTROY: see %DRM_IOCTL_VGPU_QUEUE_DESTROY. */
	DRM_VGPU_QUEUE_DESTROY,
	/** @DRM_VGPU_EXEC: see %DRM_IOCTL_VGPU_EXEC. */
	DRM_VGPU_EXEC,
	/** @DRM_VGPU_QUEUE_STATE: see %DRM_IOCTL_VGPU_QUEUE_STATE. */
	DRM_VGPU_QUEUE_STATE,
	/** @DRM_VGPU_QUEUE_CONTROL: see %DRM_IOCTL_VGPU_QUEUE_CONTROL. */
	DRM_VGPU_QUEUE_CONTROL
};

/**
 * struct drm_vgpu_array - an array of structures in the client's memory.
 */
struct drm_vgpu_array {
	/**
	 * @stride: size of one element as the client knows it. At least the size
	 * in version 1.0 of this header and a multiple of 8; bytes beyond what the
	 * kernel knows must be zero. Not looked at when @count is 0.
	 */
	__u32 stride;
	/** @count: number of elements. */
	__u32 count;
	/** @ptr: address of the first element; 0 when @count is 0. */
	__u64 ptr;
};

/**
 * enum drm_vgpu_query - what %DRM_IOCTL_VGPU_QUERY can tell.
 */
enum drm_vgpu_query {
	/** @DRM_VGPU_QUERY_INFO: a &struct drm_vgpu_info. */
	DRM_VGPU_QUERY_INFO = 0,
	/** @DRM_VGPU_QUERY_ENGINES: one &struct drm_vgpu_engine_info per class. */
	DRM_VGPU_QUERY_ENGINES = 1
};

/**
 * struct drm_vgpu_info - the device and its limits.
 */
struct drm_vgpu_info {
	/** @va_start: lowest GPU address that can be mapped. */
	__u64 va_start;
	/** @va_end: first GPU address that can't be mapped any more. */
	__u64 va_end;
	/** @max_command_bytes: longest length operand of one command. */
	__u64 max_command_bytes;
	/** @page_size: granularity of %DRM_IOCTL_VGPU_VM_BIND. */
	__u32 page_size;
	/** @max_vms: address spaces per file. */
	__u32 max_vms;
	/** @max_queues: queues per file. */
	__u32 max_queues;
	/** @max_jobs: jobs per %DRM_IOCTL_VGPU_EXEC. */
	__u32 max_jobs;
	/** @max_calls: command buffers per job. */
	__u32 max_calls;
	/** @max_syncs: sync objects per job. */
	__u32 max_syncs;
	/** @max_bind_ops: operations per %DRM_IOCTL_VGPU_VM_BIND. */
	__u32 max_bind_ops;
	/** @max_ring_words: largest @ring_words of &struct drm_vgpu_queue_create. */
	__u32 max_ring_words;
	/** @max_bo_bytes: buffer memory per file, page tables included. */
	__u64 max_bo_bytes;
	/** @device_time_ns: the device's clock, which a STORE of the time writes. */
	__u64 device_time_ns;
	/** @slice_ns: device time that a context runs while others wait. */
	__u64 slice_ns;
	/** @preempt_timeout_ns: device time that it may take to leave the engine. */
	__u64 preempt_timeout_ns;
	/** @max_timeout_ms: longest timeout of a job. */
	__u32 max_timeout_ms;
	/** @max_bos: buffers in the list of a job. */
	__u32 max_bos;
};

/**
 * enum drm_vgpu_engine_class - kinds of engine.
 *
 * All classes execute the same commands; a queue is bound to one class.
 */
enum drm_vgpu_engine_class {
	/** @DRM_VGPU_ENGINE_COMPUTE: the compute engines. */
	DRM_VGPU_ENGINE_COMPUTE = 0,
	/** @DRM_VGPU_ENGINE_COPY: the copy engines. */
	DRM_VGPU_ENGINE_COPY = 1,
	/**
	 * @DRM_VGPU_ENGINE_BIND: no engine; such a queue takes
	 * %DRM_IOCTL_VGPU_VM_BIND only, and the driver does the work.
	 */
	DRM_VGPU_ENGINE_BIND = 2
};

/**
 * struct drm_vgpu_engine_info - one class of engine.
 */
struct drm_vgpu_engine_info {
	/** @engine_class: an &enum drm_vgpu_engine_class. */
	__u32 engine_class;
	/** @count: how many engines of that class there are. */
	__u32 count;
};

/**
 * struct drm_vgpu_query_args - argument of %DRM_IOCTL_VGPU_QUERY.
 */
struct drm_vgpu_query_args {
	/** @what: an &enum drm_vgpu_query. */
	__u32 what;
	/**
	 * @size: in: bytes at @ptr; 0 asks for the size only. out: bytes that the
	 * whole answer has. A smaller @size gets the first @size bytes.
	 */
	__u32 size;
	/** @ptr: where the answer goes; must be 0 when @size is 0. */
	__u64 ptr;
};

/**
 * struct drm_vgpu_bo_create - argument of %DRM_IOCTL_VGPU_BO_CREATE.
 */
struct drm_vgpu_bo_create {
	/** @size: bytes, not 0; rounded up to whole pages. */
	__u64 size;
	/** @flags: %DRM_VGPU_BO_VM_PRIVATE or 0. */
	__u32 flags;
	/** @vm: with %DRM_VGPU_BO_VM_PRIVATE the address space, else 0. */
	__u32 vm;
	/** @handle: out: GEM handle. */
	__u32 handle;
	/** @pad: must be 0. */
	__u32 pad;
};

/**
 * DRM_VGPU_BO_VM_PRIVATE - the buffer is for one address space only.
 *
 * It shares the reservation of the address space, and can neither be exported
 * (-EINVAL) nor be mapped in another one (-EINVAL).
 */
#define DRM_VGPU_BO_VM_PRIVATE (1u << 0)

/**
 * struct drm_vgpu_bo_mmap_offset - argument of %DRM_IOCTL_VGPU_BO_MMAP_OFFSET.
 */
struct drm_vgpu_bo_mmap_offset {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @pad: must be 0. */
	__u32 pad;
	/** @offset: out: the offset to give to mmap() on the device's file. */
	__u64 offset;
};

/**
 * struct drm_vgpu_vm_create - argument of %DRM_IOCTL_VGPU_VM_CREATE.
 */
struct drm_vgpu_vm_create {
	/** @flags: must be 0. */
	__u32 flags;
	/** @id: out: name of the address space in this file, never 0. */
	__u32 id;
};

/**
 * struct drm_vgpu_vm_destroy - argument of %DRM_IOCTL_VGPU_VM_DESTROY.
 *
 * Removes the name. Queues that use the address space go on using it.
 */
struct drm_vgpu_vm_destroy {
	/** @id: the address space. */
	__u32 id;
	/** @pad: must be 0. */
	__u32 pad;
};

/**
 * enum drm_vgpu_bind_kind - kinds of &struct drm_vgpu_bind_op.
 */
enum drm_vgpu_bind_kind {
	/** @DRM_VGPU_BIND_MAP: map a range of a buffer, replacing what is there. */
	DRM_VGPU_BIND_MAP = 0,
	/** @DRM_VGPU_BIND_UNMAP: remove what is mapped in the range; holes are fine. */
	DRM_VGPU_BIND_UNMAP = 1
};

/**
 * DRM_VGPU_BIND_READONLY - a command that writes there faults. For MAP only.
 */
#define DRM_VGPU_BIND_READONLY (1u << 0)

/**
 * struct drm_vgpu_bind_op - one change of an address space.
 */
struct drm_vgpu_bind_op {
	/** @kind: an &enum drm_vgpu_bind_kind. */
	__u32 kind;
	/** @flags: %DRM_VGPU_BIND_READONLY or 0. */
	__u32 flags;
	/** @handle: GEM handle; must be 0 for UNMAP. */
	__u32 handle;
	/** @pad: must be 0. */
	__u32 pad;
	/** @bo_offset: first byte of the buffer, whole pages; 0 for UNMAP. */
	__u64 bo_offset;
	/** @va: GPU address, whole pages. */
	__u64 va;
	/** @size: bytes, whole pages, not 0. */
	__u64 size;
};

/**
 * DRM_VGPU_SYNC_WAIT - the job or bind waits for the sync object.
 */
#define DRM_VGPU_SYNC_WAIT (1u << 0)

/**
 * DRM_VGPU_SYNC_SIGNAL - the sync object is signalled when the job or bind is done.
 */
#define DRM_VGPU_SYNC_SIGNAL (1u << 1)

/**
 * DRM_VGPU_SYNC_TIMELINE - the sync object is a timeline; see @point.
 */
#define DRM_VGPU_SYNC_TIMELINE (1u << 2)

/**
 * struct drm_vgpu_sync - one use of a sync object by a job or a bind.
 *
 * A WAIT takes the fence that is in the sync object when the call is made, or
 * the one that an earlier job of the same call puts there; if there is none the
 * call fails with -EINVAL. A wait for a point waits for all that is behind it on
 * the timeline, as it would if the jobs came in calls of their own. One element may
 * both wait and signal: it waits for the old fence.
 */
struct drm_vgpu_sync {
	/** @handle: handle of the sync object. */
	__u32 handle;
	/** @flags: WAIT, SIGNAL or both, and TIMELINE for a timeline point. */
	__u32 flags;
	/** @point: the point on the timeline, not 0; must be 0 for a binary one. */
	__u64 point;
};

/**
 * DRM_VGPU_VM_BIND_ASYNC - do it on a bind queue, after what it waits for.
 */
#define DRM_VGPU_VM_BIND_ASYNC (1u << 0)

/**
 * struct drm_vgpu_vm_bind - argument of %DRM_IOCTL_VGPU_VM_BIND.
 *
 * All operations of a call take effect, in their order, or none does.
 *
 * Without %DRM_VGPU_VM_BIND_ASYNC the call first waits until all bind queues of
 * the address space are idle. When it returns, its operations are in effect and no
 * engine uses a mapping that was removed.
 *
 * With it, the operations take effect when the waits of @syncs are over and all
 * earlier binds of the address space have, on whatever bind queue. Its signals come
 * when they are in effect and no engine uses a mapping that was removed. Nothing is
 * written back, so it is never done by a call that fails. Later binds build on those before
 * them, so what was accepted takes effect whatever becomes of its queue. Only if the
 * device is lost does it not; then its fences carry an error.
 *
 * There is no implicit order against jobs in flight: a job that uses a range
 * after it was unmapped faults.
 */
struct drm_vgpu_vm_bind {
	/** @vm: the address space. */
	__u32 vm;
	/** @flags: %DRM_VGPU_VM_BIND_ASYNC or 0. */
	__u32 flags;
	/** @queue: with ASYNC a bind queue of the address space, else 0. */
	__u32 queue;
	/** @pad: must be 0. */
	__u32 pad;
	/** @ops: &struct drm_vgpu_bind_op, at least one. */
	struct drm_vgpu_array ops;
	/** @syncs: &struct drm_vgpu_sync; must be empty without ASYNC. */
	struct drm_vgpu_array syncs;
};

/**
 * enum drm_vgpu_priority - who runs first.
 *
 * A context of a higher priority preempts one of a lower at the next command.
 */
enum drm_vgpu_priority {
	/** @DRM_VGPU_PRIORITY_NORMAL: the default. */
	DRM_VGPU_PRIORITY_NORMAL = 0,
	/** @DRM_VGPU_PRIORITY_LOW: when nobody else wants to run. */
	DRM_VGPU_PRIORITY_LOW = 1,
	/** @DRM_VGPU_PRIORITY_HIGH: needs CAP_SYS_NICE, -EACCES without. */
	DRM_VGPU_PRIORITY_HIGH = 2
};

/**
 * enum drm_vgpu_profile - whose pattern of using drm_dep a queue follows.
 *
 * To a client they look alike; what a profile changes is how the driver drives the
 * queue: flags, completion, credits, timeouts, teardown.
 */
enum drm_vgpu_profile {
	/** @DRM_VGPU_PROFILE_DEFAULT: none of the peculiarities below. */
	DRM_VGPU_PROFILE_DEFAULT = 0,
	/** @DRM_VGPU_PROFILE_XE: bypass and IRQ put, messages, a queue for TLB invalidations. */
	DRM_VGPU_PROFILE_XE = 1,
	/** @DRM_VGPU_PROFILE_PANTHOR: the clock stands still while off the engine. */
	DRM_VGPU_PROFILE_PANTHOR = 2,
	/** @DRM_VGPU_PROFILE_AMDXDNA: four jobs in flight, the driver's own hang detector. */
	DRM_VGPU_PROFILE_AMDXDNA = 3,
	/** @DRM_VGPU_PROFILE_NOUVEAU: bypass, destroying waits until the queue is idle. */
	DRM_VGPU_PROFILE_NOUVEAU = 4,
	/**
	 * @DRM_VGPU_PROFILE_PVR: no credits, ring space by prepare_job, waits on the
	 * device. Not offered by this version: -EINVAL.
	 */
	DRM_VGPU_PROFILE_PVR = 5,
	/**
	 * @DRM_VGPU_PROFILE_AMDGPU_VM: an engine writes the page tables. Not offered by
	 * this version: -EINVAL.
	 */
	DRM_VGPU_PROFILE_AMDGPU_VM = 6
};

/**
 * DRM_VGPU_QUEUE_DIRECT_COMPLETION - the other way to complete jobs.
 *
 * Jobs are completed either by a hardware fence, or by the driver, directly from
 * its interrupt handler; which of them is a matter of the profile. This flag asks for the
 * other one. Nothing else differs; it exists so that both are exercised.
 */
#define DRM_VGPU_QUEUE_DIRECT_COMPLETION (1u << 0)

/**
 * struct drm_vgpu_queue_create - argument of %DRM_IOCTL_VGPU_QUEUE_CREATE.
 */
struct drm_vgpu_queue_create {
	/** @vm: the address space that the queue's commands see, or that it binds. */
	__u32 vm;
	/** @engine_class: an &enum drm_vgpu_engine_class. */
	__u32 engine_class;
	/** @flags: %DRM_VGPU_QUEUE_DIRECT_COMPLETION or 0; 0 for a bind queue. */
	__u32 flags;
	/**
	 * @ring_words: size of the queue's ring in 64-bit words, a power of two
	 * from 64 to @max_ring_words; 0 for the default. 0 for a bind queue.
	 */
	__u32 ring_words;
	/**
	 * @credits: how many ring words may be in flight, at most @ring_words;
	 * 0 for what the profile has, or all of the ring. A job takes 4 words and 2
	 * for each call. 0 for a bind queue.
	 */
	__u32 credits;
	/** @priority: an &enum drm_vgpu_priority; 0 for a bind queue. */
	__u32 priority;
	/** @profile: an &enum drm_vgpu_profile. */
	__u32 profile;
	/**
	 * @timeout_ms: device time that a job may take, from 10 to @max_timeout_ms;
	 * 0 for the default. 0 for a bind queue.
	 */
	__u32 timeout_ms;
	/** @id: out: name of the queue in this file, never 0. */
	__u32 id;
	/** @pad: must be 0. */
	__u32 pad;
};

/**
 * DRM_VGPU_QUEUE_DESTROY_DRAIN - wait until all jobs have run before.
 */
#define DRM_VGPU_QUEUE_DESTROY_DRAIN (1u << 0)

/**
 * struct drm_vgpu_queue_destroy - argument of %DRM_IOCTL_VGPU_QUEUE_DESTROY.
 *
 * Removes the name and kills the queue: jobs that have not ended are cancelled at
 * the next command, and their fences carry -ECANCELED; those of jobs that wait for
 * something signal when that has. With DRAIN the call first waits until no job is
 * left; if a signal comes, nothing has happened. Of a bind queue only the name is removed:
 * binds that were accepted take effect, see &struct drm_vgpu_vm_bind.
 */
struct drm_vgpu_queue_destroy {
	/** @id: the queue. */
	__u32 id;
	/** @flags: %DRM_VGPU_QUEUE_DESTROY_DRAIN or 0. */
	__u32 flags;
};

/**
 * enum drm_vgpu_queue_status - what has become of a queue.
 */
enum drm_vgpu_queue_status {
	/** @DRM_VGPU_QUEUE_ACTIVE: takes jobs and runs them. */
	DRM_VGPU_QUEUE_ACTIVE = 0,
	/** @DRM_VGPU_QUEUE_SUSPENDED: takes jobs, and runs them when resumed. */
	DRM_VGPU_QUEUE_SUSPENDED = 1,
	/** @DRM_VGPU_QUEUE_KILLED: the client has killed it. */
	DRM_VGPU_QUEUE_KILLED = 2,
	/** @DRM_VGPU_QUEUE_BANNED: a job has faulted or hung. */
	DRM_VGPU_QUEUE_BANNED = 3
};

/**
 * struct drm_vgpu_queue_state - argument of %DRM_IOCTL_VGPU_QUEUE_STATE.
 *
 * After a kill or a ban, when the queue's fences have signalled, it tells how far
 * the queue got, to the command: all before it have taken effect, it and those after
 * it have not.
 */
struct drm_vgpu_queue_state {
	/** @id: the queue. */
	__u32 id;
	/** @status: out: an &enum drm_vgpu_queue_status. */
	__u32 status;
	/** @error: out: 0, or the negative errno that the guilty job got. */
	__s32 error;
	/** @resets: out: resets of the device that the queue has survived. */
	__u32 resets;
	/** @submitted: out: jobs that were submitted. */
	__u64 submitted;
	/** @completed: out: jobs whose last command has taken effect. */
	__u64 completed;
	/** @runtime_ns: out: device time that the queue's jobs have used. */
	__u64 runtime_ns;
	/** @stop_cookie: out: cookie of the job that stopped half way, if one did. */
	__u64 stop_cookie;
	/** @stop_call: out: index of the call that it was in. */
	__u32 stop_call;
	/** @stop_word: out: word of the call at which it stopped. */
	__u32 stop_word;
	/** @stopped: out: 1 if a job has started and was stopped half way, else 0. */
	__u32 stopped;
	/** @pad: must be 0. */
	__u32 pad;
};

/**
 * enum drm_vgpu_queue_op - what %DRM_IOCTL_VGPU_QUEUE_CONTROL does.
 */
enum drm_vgpu_queue_op {
	/**
	 * @DRM_VGPU_QUEUE_OP_SUSPEND: off the engine at the next command; when the
	 * call returns, the queue executes nothing. The clocks of its jobs stand still.
	 */
	DRM_VGPU_QUEUE_OP_SUSPEND = 0,
	/** @DRM_VGPU_QUEUE_OP_RESUME: go on where it was. */
	DRM_VGPU_QUEUE_OP_RESUME = 1,
	/** @DRM_VGPU_QUEUE_OP_PRIORITY: value is an &enum drm_vgpu_priority. */
	DRM_VGPU_QUEUE_OP_PRIORITY = 2,
	/** @DRM_VGPU_QUEUE_OP_KILL: as destroying it does, but the name stays. */
	DRM_VGPU_QUEUE_OP_KILL = 3
};

/**
 * struct drm_vgpu_queue_control - argument of %DRM_IOCTL_VGPU_QUEUE_CONTROL.
 *
 * Operations on a queue happen in the order in which they were asked for. The call
 * waits until its operation is done. If a signal comes meanwhile, it is done
 * nevertheless, and doing it again only waits. For queues of engines only.
 */
struct drm_vgpu_queue_control {
	/** @id: the queue. */
	__u32 id;
	/** @op: an &enum drm_vgpu_queue_op. */
	__u32 op;
	/** @value: see the operations; 0 where they say nothing. */
	__u64 value;
};

/**
 * struct drm_vgpu_call - a command buffer: words in GPU memory.
 */
struct drm_vgpu_call {
	/** @va: GPU address of the first word, a multiple of 8. */
	__u64 va;
	/** @words: number of 64-bit words, not 0. */
	__u32 words;
	/** @pad: must be 0. */
	__u32 pad;
};

/**
 * DRM_VGPU_BO_USE_WRITE - the job writes to the buffer.
 */
#define DRM_VGPU_BO_USE_WRITE (1u << 0)

/**
 * struct drm_vgpu_bo_use - a buffer that a job uses, for implicit order.
 *
 * Makes the job wait for fences in the buffer's reservation, those of writers, and
 * with WRITE those of readers, too; and puts the job's fence there. Nothing else
 * depends on it: what commands can reach is a matter of the address space.
 */
struct drm_vgpu_bo_use {
	/** @handle: GEM handle; a buffer at most once per job. */
	__u32 handle;
	/** @flags: %DRM_VGPU_BO_USE_WRITE or 0. */
	__u32 flags;
};

/**
 * struct drm_vgpu_job - one job of %DRM_IOCTL_VGPU_EXEC.
 */
struct drm_vgpu_job {
	/** @queue: the queue. */
	__u32 queue;
	/** @flags: must be 0. */
	__u32 flags;
	/** @cookie: the client's own name for the job, for traces and dumps. */
	__u64 cookie;
	/** @calls: &struct drm_vgpu_call, at least one; executed in order. */
	struct drm_vgpu_array calls;
	/** @syncs: &struct drm_vgpu_sync. */
	struct drm_vgpu_array syncs;
	/** @bos: &struct drm_vgpu_bo_use. */
	struct drm_vgpu_array bos;
};

/**
 * struct drm_vgpu_exec - argument of %DRM_IOCTL_VGPU_EXEC.
 *
 * Submits jobs, all to queues of one address space: all of them or none. Nothing
 * is written back, so a job is never submitted by a call that fails.
 *
 * What a fence says: 0 if all commands of the job have taken effect. A job whose
 * commands fault gets -EFAULT for an address that is not mapped, or mapped read-only
 * and written, and -EINVAL for a command that is not well formed; one that takes longer
 * than the timeout gets -ETIME. Commands before the bad one have taken effect, those
 * after it have not. Its queue is banned: later jobs get -ECANCELED and do nothing,
 * and no more can be submitted. Other queues notice nothing.
 */
struct drm_vgpu_exec {
	/** @flags: must be 0. */
	__u32 flags;
	/** @pad: must be 0. */
	__u32 pad;
	/** @jobs: &struct drm_vgpu_job, at least one. */
	struct drm_vgpu_array jobs;
};

/**
 * DRM_IOCTL_VGPU_QUERY - what the device is and can do.
 */
#define DRM_IOCTL_VGPU_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_QUERY, struct drm_vgpu_query_args)

/**
 * DRM_IOCTL_VGPU_BO_CREATE - make a buffer, zeroed.
 */
#define DRM_IOCTL_VGPU_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_BO_CREATE, struct drm_vgpu_bo_create)

/**
 * DRM_IOCTL_VGPU_BO_MMAP_OFFSET - where to mmap() a buffer.
 */
#define DRM_IOCTL_VGPU_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_BO_MMAP_OFFSET, struct drm_vgpu_bo_mmap_offset)

/**
 * DRM_IOCTL_VGPU_VM_CREATE - make a GPU address space.
 */
#define DRM_IOCTL_VGPU_VM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_VM_CREATE, struct drm_vgpu_vm_create)

/**
 * DRM_IOCTL_VGPU_VM_DESTROY - drop a GPU address space.
 */
#define DRM_IOCTL_VGPU_VM_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_VGPU_VM_DESTROY, struct drm_vgpu_vm_destroy)

/**
 * DRM_IOCTL_VGPU_VM_BIND - map and unmap buffers, at once or on a bind queue.
 */
#define DRM_IOCTL_VGPU_VM_BIND \
	DRM_IOW(DRM_COMMAND_BASE + DRM_VGPU_VM_BIND, struct drm_vgpu_vm_bind)

/**
 * DRM_IOCTL_VGPU_QUEUE_CREATE - make a queue.
 */
#define DRM_IOCTL_VGPU_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_QUEUE_CREATE, struct drm_vgpu_queue_create)

/**
 * DRM_IOCTL_VGPU_QUEUE_DESTROY - drop a queue.
 */
#define DRM_IOCTL_VGPU_QUEUE_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_VGPU_QUEUE_DESTROY, struct drm_vgpu_queue_destroy)

/**
 * DRM_IOCTL_VGPU_EXEC - submit jobs.
 */
#define DRM_IOCTL_VGPU_EXEC \
	DRM_IOW(DRM_COMMAND_BASE + DRM_VGPU_EXEC, struct drm_vgpu_exec)

/**
 * DRM_IOCTL_VGPU_QUEUE_STATE - what has become of a queue.
 */
#define DRM_IOCTL_VGPU_QUEUE_STATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_VGPU_QUEUE_STATE, struct drm_vgpu_queue_state)

/**
 * DRM_IOCTL_VGPU_QUEUE_CONTROL - suspend, resume, kill, another priority.
 */
#define DRM_IOCTL_VGPU_QUEUE_CONTROL \
	DRM_IOW(DRM_COMMAND_BASE + DRM_VGPU_QUEUE_CONTROL, struct drm_vgpu_queue_control)

/**
 * DOC: commands
 *
 * A command is a header word and its operands, all 64-bit words:
 *
 * ======  =============  =====================================================
 * bits    header field   meaning
 * ======  =============  =====================================================
 * 63:56   operation      an &enum drm_vgpu_cmd
 * 55:48   flags          %DRM_VGPU_CMD_STORE_TIMESTAMP or 0
 * 47:40   words          length of the command, the header included
 * 39:0                   zero
 * ======  =============  =====================================================
 *
 * Addresses and lengths are multiples of 8; a length is at least 8 and at most
 * @max_command_bytes. A command takes effect wholly or not at all. The device
 * reads a command once, so changing it while it runs gives the old one or the
 * new one, or a fault.
 */

/**
 * enum drm_vgpu_cmd - what a command does; its operands in their order.
 */
enum drm_vgpu_cmd {
	/** @DRM_VGPU_CMD_NOP: nothing. */
	DRM_VGPU_CMD_NOP = 0,
	/** @DRM_VGPU_CMD_FILL: dst, length, value: each word becomes value. */
	DRM_VGPU_CMD_FILL = 1,
	/**
	 * @DRM_VGPU_CMD_COPY: dst, src, length: word by word, ascending, also when
	 * the ranges overlap.
	 */
	DRM_VGPU_CMD_COPY = 2,
	/**
	 * @DRM_VGPU_CMD_MIX: dst, src, length, salt: word by word, ascending,
	 * d[i] = drm_vgpu_mix(d[i], s[i], salt, i). Neither commutative nor
	 * idempotent, so a missing, doubled or swapped one changes the result.
	 */
	DRM_VGPU_CMD_MIX = 3,
	/** @DRM_VGPU_CMD_STORE: dst, value: one word, or the device's time. */
	DRM_VGPU_CMD_STORE = 4,
	/**
	 * @DRM_VGPU_CMD_WAIT: addr, value: goes on when the word at addr is at least
	 * value, both unsigned. Until then the engine is free for others. It
	 * is looked at again at least every 200 us, whoever writes it.
	 */
	DRM_VGPU_CMD_WAIT = 5,
	/** @DRM_VGPU_CMD_DELAY: ns: the engine does nothing for so long. */
	DRM_VGPU_CMD_DELAY = 6,
	/** @DRM_VGPU_CMD_HANG: kind, an &enum drm_vgpu_hang: never ends. */
	DRM_VGPU_CMD_HANG = 7,
	/** @DRM_VGPU_CMD_FAULT: faults, as if its own address was not mapped. */
	DRM_VGPU_CMD_FAULT = 8
};

/**
 * enum drm_vgpu_hang - how badly %DRM_VGPU_CMD_HANG hangs.
 *
 * The last two are not well formed commands unless the administrator has allowed
 * them in debugfs.
 */
enum drm_vgpu_hang {
	/** @DRM_VGPU_HANG_ENDLESS: it never ends, but can be preempted. */
	DRM_VGPU_HANG_ENDLESS = 0,
	/** @DRM_VGPU_HANG_NO_PREEMPT: the engine has to be reset. */
	DRM_VGPU_HANG_NO_PREEMPT = 1,
	/** @DRM_VGPU_HANG_NO_ENGINE_RESET: the device has to be reset. */
	DRM_VGPU_HANG_NO_ENGINE_RESET = 2,
	/** @DRM_VGPU_HANG_NO_DEVICE_RESET: not even that helps the first time. */
	DRM_VGPU_HANG_NO_DEVICE_RESET = 3
};

/**
 * DRM_VGPU_CMD_STORE_TIMESTAMP - STORE writes the device's time in ns.
 */
#define DRM_VGPU_CMD_STORE_TIMESTAMP 1

/**
 * DRM_VGPU_MAX_DELAY_NS - longest operand of a DELAY.
 */
#define DRM_VGPU_MAX_DELAY_NS 10000000000ULL

/**
 * DRM_VGPU_CMD_HEADER - the header word of a command.
 * @op: an &enum drm_vgpu_cmd
 * @flags: the flags that the operation knows, or 0
 * @words: length of the command in words, this one included
 */
#define DRM_VGPU_CMD_HEADER(op, flags, words) \
	(((__u64)(op) << 56) | ((__u64)(flags) << 48) | ((__u64)(words) << 40))

/**
 * drm_vgpu_mix - one word of %DRM_VGPU_CMD_MIX.
 * @d: old value of the destination word
 * @s: source word
 * @salt: operand of the command
 * @i: index of the word in the range
 *
 * The last step is the 64-bit finaliser of SplitMix64 (Steele, Lea and Flood,
 * 2014), a bijection.
 *
 * Return: the new value of the destination word.
 */
static __inline__ __u64 drm_vgpu_mix(__u64 d, __u64 s, __u64 salt, __u64 i)
{
	__u64 x = d ^ (s + salt + i);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

#if defined(__cplusplus)
}
#endif

#endif /* _VGPU_FW_DRM_H_ */
