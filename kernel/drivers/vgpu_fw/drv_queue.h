/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_QUEUE_H_
#define _DRV_QUEUE_H_

#include "drv.h"

/**
 * enum vgpu_ctx_have - how far a context has got with the firmware
 * @VGPU_HAVE_NONE: unknown to it
 * @VGPU_HAVE_REGISTERED: known
 * @VGPU_HAVE_ENABLED: may run
 * @VGPU_HAVE_DEAD: off the engine for good
 */
enum vgpu_ctx_have {
	VGPU_HAVE_NONE,
	VGPU_HAVE_REGISTERED,
	VGPU_HAVE_ENABLED,
	VGPU_HAVE_DEAD,
};

/**
 * enum vgpu_ctx_want - how far it should get
 * @VGPU_WANT_OFF: not run, known or not
 * @VGPU_WANT_ENABLED: run
 * @VGPU_WANT_NONE: be forgotten
 */
enum vgpu_ctx_want {
	VGPU_WANT_OFF,
	VGPU_WANT_ENABLED,
	VGPU_WANT_NONE,
};

/**
 * struct vgpu_slot - a job that the hardware has
 */
struct vgpu_slot {
	/** @job: with a reference. */
	struct vgpu_job *job;
	/** @seqno: in the ring. */
	u64 seqno;
	/** @start: where in the ring its entry is. */
	u64 start;
	/** @run: for drm_dep_job_done(). */
	u32 run;
};

/**
 * struct vgpu_ctx - a context of the firmware
 */
struct vgpu_ctx {
	/** @vdev: the device. */
	struct vgpu_device *vdev;
	/** @queue: its queue. */
	struct vgpu_queue *queue;
	/** @vm: the address space; the device may walk it until deregistered. */
	struct vgpu_vm *vm;
	/** @page: shared with the device. */
	struct vgpu_ctx_page *page;
	/** @ring: entries of jobs. */
	u64 *ring;
	/** @ring_words: size of @ring, a power of two. */
	u32 ring_words;
	/** @engine_class: which engines. */
	u32 engine_class;
	/** @notify: whether the firmware tells when it goes on and off an engine. */
	bool notify;
	/** @id: name for the firmware. */
	u32 id;

	/** @lock: all below; irqsave. */
	spinlock_t lock;
	/** @tail: words written to the ring. */
	u64 tail;
	/** @seqno: of the last job that was written for the first time. */
	u64 seqno;
	/** @slots: jobs that the hardware has, oldest first; a ring. */
	struct vgpu_slot *slots;
	/** @num_slots: size of @slots. */
	u32 num_slots;
	/** @lost: so many of the oldest were lost by a reset and wait to be run again. */
	u32 lost;
	/** @first_slot: index of the oldest, never wraps. */
	u64 first_slot;
	/** @next_slot: index of the next one. */
	u64 next_slot;

	/** @have: how far it has got with the firmware. */
	enum vgpu_ctx_have have;
	/** @asked: a message is under way. */
	bool asked;
	/** @used: it has had a job since the firmware was loaded. */
	bool used;
	/** @suspended: the client wants it off. */
	bool suspended;
	/** @killed: it shall be off for good. */
	bool killed;
	/** @closing: it shall be forgotten. */
	bool closing;
	/** @closed: it is. */
	bool closed;
	/** @reset: it shall be dead. */
	bool reset;
	/** @banned: it is dead because of a job of its own. */
	bool banned;
	/** @off_engine: by the last SCHED. */
	bool off_engine;
	/** @priority: an &enum vgpu_priority, as wanted. */
	u8 priority;
	/** @told_priority: as the firmware knows it. */
	u8 told_priority;
	/** @dead_err: what its jobs end with that have not; it is off for good. */
	int dead_err;
	/** @guilty_err: the same for the first of them, if that was not the reason. */
	int guilty_err;
	/** @error: what the guilty job has ended with. */
	int error;
	/** @cookie: of the last message. */
	u32 cookie;
	/** @h2g: the message. */
	struct vgpu_h2g h2g;
	/** @deadline: when it should be answered, in jiffies. */
	unsigned long deadline;

	/** @stopped: a job has stopped half way. */
	bool stopped;
	/** @stop_pos: at which command, as &vgpu_ctx_page.cur_pos. */
	u64 stop_pos;
	/** @stop_cookie: the client's name for it. */
	u64 stop_cookie;
	/** @completed: jobs that have ended without error. */
	u64 completed;
	/** @resets: resets of the device that it was there for. */
	u32 resets;
};

/**
 * enum vgpu_message_kind - messages of a queue to its run side
 * @VGPU_MESSAGE_SUSPEND: the context goes off the engine
 * @VGPU_MESSAGE_RESUME: it may run again
 * @VGPU_MESSAGE_PROPS: its priority has changed, or has to be told again
 * @VGPU_MESSAGE_CLEANUP: the queue is being destroyed
 */
enum vgpu_message_kind {
	VGPU_MESSAGE_SUSPEND,
	VGPU_MESSAGE_RESUME,
	VGPU_MESSAGE_PROPS,
	VGPU_MESSAGE_CLEANUP,
};

#define VGPU_MESSAGES		4

/**
 * struct vgpu_message - one of them
 */
struct vgpu_message {
	/** @base: the message of drm_dep. */
	struct drm_dep_message base;
	/** @kind: which. */
	enum vgpu_message_kind kind;
};

/**
 * enum vgpu_credit_unit - what a profile counts
 * @VGPU_CREDIT_WORDS: words of the ring
 * @VGPU_CREDIT_JOBS: jobs, each as large as it may be
 * @VGPU_CREDIT_NONE: nothing; prepare_job waits for space
 */
enum vgpu_credit_unit {
	VGPU_CREDIT_WORDS,
	VGPU_CREDIT_JOBS,
	VGPU_CREDIT_NONE,
};

/**
 * enum vgpu_tlb_mode - how a bind waits for the TLB
 * @VGPU_TLB_FENCE: run_job returns a fence
 * @VGPU_TLB_QUEUE: a job of another queue does
 */
enum vgpu_tlb_mode {
	VGPU_TLB_FENCE,
	VGPU_TLB_QUEUE,
};

/**
 * enum vgpu_timeout_policy - who notices a hang
 * @VGPU_TIMEOUT_CORE: drm_dep
 * @VGPU_TIMEOUT_DETECTOR: a work item of the driver, which triggers it
 */
enum vgpu_timeout_policy {
	VGPU_TIMEOUT_CORE,
	VGPU_TIMEOUT_DETECTOR,
};

/**
 * struct vgpu_profile - whose pattern of using drm_dep a queue follows
 *
 * Nothing but what is in here tells profiles apart.
 */
struct vgpu_profile {
	/** @name: for debugfs; NULL if the profile is not there. */
	const char *name;
	/** @ops: of the queues. */
	const struct drm_dep_queue_ops *ops;
	/** @queue_flags: DRM_DEP_QUEUE_*. */
	u32 queue_flags;
	/** @direct: jobs are completed without hardware fences. */
	bool direct;
	/** @notify: the clock stands still while the context is off the engine. */
	bool notify;
	/** @drain: destroying waits until the queue is idle, or SIGKILL comes. */
	bool drain;
	/** @cleanup: destroying also sends a message. */
	bool cleanup;
	/** @props_first: after a reset the properties go first. */
	bool props_first;
	/** @credits: what is counted. */
	enum vgpu_credit_unit credits;
	/** @max_jobs: how many jobs may be in flight, if jobs are counted; 0: what fits. */
	u32 max_jobs;
	/** @timeout: who notices a hang. */
	enum vgpu_timeout_policy timeout;
	/** @tlb: how binds wait for the TLB. */
	enum vgpu_tlb_mode tlb;
	/** @bind_jobs: how many binds may be under way per queue; 0: a few. */
	u32 bind_jobs;
};

/**
 * struct vgpu_queue - a queue
 */
struct vgpu_queue {
	/** @base: the queue of drm_dep. */
	struct drm_dep_queue base;
	/** @ctx: its context; NULL for a bind queue. */
	struct vgpu_ctx *ctx;
	/** @client: who is charged for it. */
	struct vgpu_client *client;
	/** @prof: its profile. */
	const struct vgpu_profile *prof;
	/** @link: in &vgpu_device.queues. */
	struct list_head link;
	/** @client_link: in &vgpu_client.live. */
	struct list_head client_link;
	/** @reset_link: on the list of a reset. */
	struct list_head reset_link;
	/** @born_stopped: made during a reset, which has to start it. */
	bool born_stopped;
	/** @id: name in the file, for debugfs. */
	u32 id;
	/** @fence_context: of the hardware fences. */
	u64 fence_context;
	/** @fence_seqno: of the last one; private to run_job. */
	u64 fence_seqno;
	/** @words: ring words of the largest job. */
	u32 words;
	/** @direct: jobs are completed without hardware fences. */
	bool direct;
	/** @timeout_ms: device time that a job may take. */
	u32 timeout_ms;
	/** @submitted: jobs that were pushed. */
	atomic64_t submitted;
	/** @pending: jobs that have not been freed. */
	atomic_t pending;
	/** @idle: woken when there are none. */
	wait_queue_head_t idle;
	/** @control: one operation at a time; see drv_state.c. */
	struct mutex control;
	/** @priority: an &enum vgpu_priority, for the next message about it. */
	u8 priority;
	/** @control_pending: its message has not been processed. */
	bool control_pending;
	/** @messages: by kind. */
	struct vgpu_message messages[VGPU_MESSAGES];
	/** @detector: notices hangs if drm_dep does not. */
	struct delayed_work detector;
	/** @seen_completed: what it found last. */
	u64 seen_completed;
	/** @seen_pos: the same. */
	u64 seen_pos;
	/** @name: for traces. */
	char name[24];
};

#define to_vgpu_queue(q) container_of(q, struct vgpu_queue, base)

/* A queue that binds: it has no context. */
static inline bool vgpu_queue_is_bind(const struct vgpu_queue *queue)
{
	return !queue->ctx;
}

/**
 * struct vgpu_job - a job
 */
struct vgpu_job {
	/** @base: the job of drm_dep. */
	struct drm_dep_job base;
	/** @queue: its queue; drm_dep keeps it alive. */
	struct vgpu_queue *queue;
	/** @client: who is charged for it. */
	struct vgpu_client *client;
	/** @cookie: the client's name for it. */
	u64 cookie;
	/** @seqno: in the ring; 0: it has never been there. */
	u64 seqno;
	/** @hw: the hardware fence; NULL in direct mode. */
	struct compat_fence *hw;
	/** @hw_live: @hw is initialised, so it is reference counted. */
	bool hw_live;
	/** @ncalls: number of @calls. */
	u32 ncalls;
	/** @calls: command buffers. */
	struct drm_vgpu_call calls[] __counted_by(ncalls);
};

#define to_vgpu_job(j) container_of(j, struct vgpu_job, base)

/* what vgpu_ctx_follow_up() has to do */
#define VGPU_TODO_HARVEST	BIT(0)
#define VGPU_TODO_KILL		BIT(1)
#define VGPU_TODO_CLOSE		BIT(2)

/* drv_queue.c */
struct vgpu_queue *vgpu_queue_lookup(struct vgpu_client *client, u32 id);
void vgpu_queue_remove_names(struct vgpu_client *client);
struct dma_fence *vgpu_run_job(struct drm_dep_job *base);
struct dma_fence *vgpu_prepare_job(struct drm_dep_job *base);
void vgpu_queue_kill(struct vgpu_queue *queue);
void vgpu_queue_killed(struct drm_dep_queue *base);
int vgpu_queue_fini(struct drm_dep_queue *base);
void vgpu_queue_release(struct drm_dep_queue *base);
int vgpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_job.c */
struct vgpu_job *vgpu_job_create(struct vgpu_queue *queue, const struct drm_vgpu_job *args,
				 const struct drm_vgpu_call *calls);
void vgpu_job_push(struct vgpu_job *job);
void vgpu_job_complete(struct vgpu_job *job, u32 run, int error);

/* drv_profile.c */
const struct vgpu_profile *vgpu_profile_find(u32 profile);
extern const char * const vgpu_priority_names[VGPU_PRIORITIES];
u32 vgpu_profile_flags(const struct vgpu_profile *prof);

/* drv_state.c */
bool vgpu_priority_valid(u64 priority);
u8 vgpu_priority_of(u64 priority);
void vgpu_messages_init(struct vgpu_queue *queue);
void vgpu_process_message(struct drm_dep_queue *base, struct drm_dep_message *message);
int vgpu_queue_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_queue_control_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_ctx.c */
struct vgpu_ctx *vgpu_ctx_create(struct vgpu_vm *vm, u32 engine_class, u32 ring_words);
void vgpu_ctx_free(struct vgpu_ctx *ctx);
struct vgpu_ctx *vgpu_ctx_find(struct vgpu_device *vdev, u32 id);
void vgpu_ctx_kick(struct vgpu_ctx *ctx);
bool vgpu_ctx_off(const struct vgpu_ctx *ctx);
bool vgpu_ctx_settled(struct vgpu_ctx *ctx);
void vgpu_ctx_suspend(struct vgpu_ctx *ctx, bool suspend);
void vgpu_ctx_set_priority(struct vgpu_ctx *ctx, u8 priority);
void vgpu_ctx_kill(struct vgpu_ctx *ctx);
bool vgpu_ctx_shut_down(struct vgpu_ctx *ctx);
void vgpu_ctx_ask_reset(struct vgpu_ctx *ctx);
void vgpu_ctx_ban(struct vgpu_ctx *ctx, int error);
void vgpu_ctx_void(struct vgpu_ctx *ctx, int error);
u32 vgpu_ctx_update(struct vgpu_ctx *ctx);
u32 vgpu_ctx_set_banned(struct vgpu_ctx *ctx, int error);
void vgpu_ctx_follow_up(struct vgpu_ctx *ctx, u32 todo);

/* drv_answer.c */
void vgpu_ctx_acked(struct vgpu_device *vdev, const struct vgpu_msg *msg);
void vgpu_ctx_died(struct vgpu_device *vdev, const struct vgpu_msg *msg);
void vgpu_ctx_scheduled(struct vgpu_device *vdev, const struct vgpu_msg *msg);

/* drv_ring.c */
int vgpu_ctx_submit(struct vgpu_ctx *ctx, struct vgpu_job *job, u32 run);
u32 vgpu_ctx_harvest(struct vgpu_ctx *ctx);
u64 vgpu_ctx_job_ns(struct vgpu_ctx *ctx, const struct vgpu_job *job);
bool vgpu_ctx_busy(struct vgpu_ctx *ctx);
void vgpu_ctx_lose(struct vgpu_ctx *ctx);
void vgpu_ctx_cancel_lost(struct vgpu_ctx *ctx);
struct dma_fence *vgpu_ctx_wait_for_room(struct vgpu_ctx *ctx, u32 words);

/* drv_timeout.c */
int vgpu_timedout_job(struct drm_dep_job *base);
void vgpu_detector_init(struct vgpu_queue *queue);
void vgpu_detector_kick(struct vgpu_queue *queue);
void vgpu_watchdog_arm(struct vgpu_device *vdev);
void vgpu_watchdog(struct work_struct *work);

#endif /* _DRV_QUEUE_H_ */
