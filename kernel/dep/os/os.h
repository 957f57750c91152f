/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_OS_H_
#define _DRM_DEP_OS_H_

/**
 * DOC: what the core needs of its host
 *
 * This header is all that the core asks of a kernel. It compiles as C and as C++,
 * and is implemented once per host: Linux (os_linux.c), and the host programs
 * under userspace/host.
 *
 * Objects of the host that the core embeds (locks, work items, fences ...) are
 * opaque here. Their sizes and alignments, and the numbers of the errors that the
 * core returns (OS_EINVAL ...), come from <os_layout.h>, which every host provides; on
 * Linux it is generated from the kernel's own types, and gives the objects the kernel's
 * own names, so that a pointer to one has the same type on both sides of the boundary.
 *
 * What can only be misused is left out: there is no way to ask whether a work item
 * is pending or to wait for a grace period, and no lock that leaves interrupts
 * enabled.
 */

#ifdef __cplusplus
#include <stddef.h>
#endif
#include <os_layout.h>

#if defined(__cplusplus) && defined(__clang__) && !defined(OS_NO_ANALYSIS)
#define OS_ANALYSIS(x) __attribute__((x))
#else
#define OS_ANALYSIS(x)
#endif

/*
 * Contexts, for the same analysis. Who is in one has its role; nothing is stored of it. A
 * function says which roles it is called with, which one it takes or gives back, and which
 * its caller must not have.
 */
#ifdef __cplusplus
struct OS_ANALYSIS(capability("role")) os_role {};
extern "C" struct os_role os_no_sleep;	   /* a lock is held */
extern "C" struct os_role os_read_section; /* an RCU read section */
extern "C" struct os_role os_signalling;   /* fences wait for what is done here */
extern "C" struct os_role os_run_side;	   /* the run token of a queue is held */
#endif
#define OS_SLEEPS OS_ANALYSIS(locks_excluded(os_no_sleep, os_read_section))
#define OS_ALLOCATES OS_ANALYSIS(locks_excluded(os_no_sleep, os_read_section, os_signalling))

/*
 * What clang checks of a function's effects, where it can (version 20 and later): a
 * non-blocking function neither sleeps nor allocates, a non-allocating one may sleep, and
 * neither calls one that may do more.
 */
#if defined(__cplusplus) && defined(__clang__) && __clang_major__ >= 20
#define OS_NONBLOCKING [[clang::nonblocking]]
#define OS_NONALLOCATING [[clang::nonallocating]]
#else
#define OS_NONBLOCKING
#define OS_NONALLOCATING
#endif

/* Linux C code has the kernel's definitions of these types. */
#ifndef OS_HAVE_NATIVE_TYPES
#define OS_OBJECT(tag, NAME, ...)                                                                  \
	struct __VA_ARGS__ tag {                                                                   \
		unsigned char opaque[NAME##_SIZE];                                                 \
	} __attribute__((aligned(NAME##_ALIGN)))

OS_OBJECT(os_lock, OS_LOCK, OS_ANALYSIS(capability("lock")));
OS_OBJECT(os_ref, OS_REF);
OS_OBJECT(os_work, OS_WORK);
OS_OBJECT(os_timer, OS_TIMER);
OS_OBJECT(os_rcu_work, OS_RCU_WORK);
OS_OBJECT(os_fence, OS_FENCE);
OS_OBJECT(os_fence_cb, OS_FENCE_CB);
OS_OBJECT(os_class, OS_CLASS);
#endif

struct os_device;
struct os_module;
struct os_timeline;
struct os_wq; /* a workqueue, and whether it is ordered */
struct drm_dep_job;
struct drm_dep_queue;

/* An int and a pointer that more than one thread of control may access at once. */
struct os_atomic {
	int value;
};

struct os_atomic_ptr {
	void *value;
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Memory. May sleep and may fail; the memory is zeroed. @what names the purpose in
 * messages. os_free() may be called in any context and accepts NULL.
 */
void *os_alloc(size_t size, const char *what) OS_ALLOCATES;
void os_free(void *memory) OS_NONBLOCKING;

/*
 * Locks. Each has a class for the host's lock checker; locks of one class are
 * taken inside one another only in the order of their subclasses. Interrupts are
 * disabled while a lock is held. A lock needs no destructor.
 */
void os_lock_init(struct os_lock *lock, struct os_class *lock_class, const char *name);
unsigned long os_lock_irqsave(struct os_lock *lock) OS_NONBLOCKING
	OS_ANALYSIS(acquire_capability(*lock));
void os_unlock_irqrestore(struct os_lock *lock, unsigned long flags) OS_NONBLOCKING
	OS_ANALYSIS(release_capability(*lock));
void os_assert_held(const struct os_lock *lock) OS_NONBLOCKING
	OS_ANALYSIS(assert_capability(*lock));

/*
 * Reference counts: saturating; os_ref_put() returns true when it was the last,
 * and then everything that happened before other puts has happened.
 */
void os_ref_init(struct os_ref *ref) OS_NONBLOCKING;
void os_ref_get(struct os_ref *ref) OS_NONBLOCKING;
bool os_ref_get_unless_zero(struct os_ref *ref) OS_NONBLOCKING;
bool os_ref_put(struct os_ref *ref) OS_NONBLOCKING;
/* For messages about misuse only: the count may have changed meanwhile. */
bool os_ref_is_zero(const struct os_ref *ref) OS_NONBLOCKING;

/*
 * Deferred work. A work item never runs twice at the same time. os_work_queue() works in
 * any context and does nothing when the item is pending or disabled; what happened
 * before the call is visible to the function. os_work_disable_sync() sleeps until the
 * item neither runs nor ever will again.
 *
 * @rcu_work is an item that runs after an RCU grace period; its function gets the
 * struct os_work at its start.
 */
typedef void (*os_work_fn)(struct os_work *work);
void os_work_init(struct os_work *work, os_work_fn fn, struct os_class *work_class,
		  const char *name);
bool os_work_queue(struct os_wq *wq, struct os_work *work) OS_NONBLOCKING;
void os_work_disable_sync(struct os_work *work) OS_SLEEPS;
void os_rcu_work_init(struct os_rcu_work *work, os_work_fn fn, struct os_class *work_class,
		      const char *name);
void os_rcu_work_queue(struct os_wq *wq, struct os_rcu_work *work) OS_NONBLOCKING;

/*
 * The core's workqueues: for running jobs and for timeouts (memory reclaim may wait for
 * them, nothing on them may wait for memory), for draining completions (in softirq), and
 * for all that nobody waits for who holds a lock or memory. Drivers may have others for
 * the first two; on an ordered one no two items run at the same time.
 */
struct os_wq *os_wq_run(void) OS_NONBLOCKING;
struct os_wq *os_wq_timeout(void) OS_NONBLOCKING;
struct os_wq *os_wq_drain(void) OS_NONBLOCKING;
struct os_wq *os_wq_cleanup(void) OS_NONBLOCKING;
bool os_wq_is_ordered(const struct os_wq *wq) OS_NONBLOCKING;

/*
 * Time and timers. os_now() is in nanoseconds, never goes back, and is never 0. A timer's
 * function is called in softirq context, not before the time is over and maybe a little
 * later; os_timer_start() moves one that is pending, works in any context, and does
 * nothing after os_timer_shutdown_sync(), which sleeps until the function neither runs
 * nor ever will again.
 */
unsigned long long os_now(void) OS_NONBLOCKING;
typedef void (*os_timer_fn)(struct os_timer *timer);
void os_timer_init(struct os_timer *timer, os_timer_fn fn, struct os_class *timer_class,
		   const char *name);
void os_timer_start(struct os_timer *timer, unsigned long long delay_ns) OS_NONBLOCKING;
void os_timer_shutdown_sync(struct os_timer *timer) OS_SLEEPS;

/* Read sections: memory that is freed by an rcu_work stays until they end. */
void os_rcu_read_lock(void) OS_NONBLOCKING;
void os_rcu_read_unlock(void) OS_NONBLOCKING;

/*
 * The nesting level of this CPU (of this task, where a lock does not disable
 * interrupts): 0 outside callbacks of finished fences. Called with a lock held.
 */
unsigned int os_nest_level(void) OS_NONBLOCKING;

/* Delays a task switch on this CPU, so that a started drain is soon over. With a lock held, too. */
void os_preempt_disable(void) OS_NONBLOCKING;
void os_preempt_enable(void) OS_NONBLOCKING;

/*
 * Sleeps until cond(arg) is true; it is called with @lock held, and so is os_wake(), when
 * the condition may have become true. At most for @timeout_ns, if that is not 0.
 * Returns 0; -OS_ETIME; or, if @killable, -OS_ERESTARTSYS when a fatal signal came.
 */
int os_wait(struct os_lock *lock, bool (*cond)(void *arg), void *arg, unsigned long long timeout_ns,
	    bool killable) OS_NONALLOCATING OS_SLEEPS;
void os_wake(struct os_lock *lock) OS_NONBLOCKING;

/* Tells apart who runs: the same for all that one task calls, never NULL. */
void *os_current(void) OS_NONBLOCKING;
/* A number by which people know the calling task. */
unsigned int os_current_id(void) OS_NONBLOCKING;

/*
 * Fences. os_fence_alloc() gives memory of at least @size bytes that begins with a
 * fence which is not initialised; it is not zeroed. It may sleep and fail. An initialised
 * fence is freed by its last put, after a grace period; memory that never was a fence by
 * os_free(). The names of a fence are asked for through
 * drm_dep_fence_driver_name() and drm_dep_fence_timeline_name() as long as it has
 * not signalled, in a read section. @nest orders fence locks taken inside one
 * another: callbacks of a fence may signal fences of a greater level.
 *
 * The fences of a queue have a timeline in common, for hosts that ask for the names of a
 * fence until it is freed: it has copies of them, and each fence that was initialised with
 * it keeps it, beside the reference that os_timeline_create() gives. It may sleep and fail.
 */
struct os_timeline *os_timeline_create(const char *driver_name, const char *name) OS_ALLOCATES;
void os_timeline_put(struct os_timeline *timeline);
void *os_fence_alloc(size_t size) OS_ALLOCATES;
unsigned long long os_fence_context_alloc(void);
void os_fence_init(struct os_fence *fence, struct os_timeline *timeline, unsigned long long context,
		   unsigned long long seqno, unsigned int nest) OS_NONBLOCKING;
void os_fence_get(struct os_fence *fence) OS_NONBLOCKING;
void os_fence_put(struct os_fence *fence) OS_NONBLOCKING;
unsigned long os_fence_lock(struct os_fence *fence) OS_NONBLOCKING;
void os_fence_unlock(struct os_fence *fence, unsigned long flags) OS_NONBLOCKING;
/*
 * With the fence's lock held; runs the callbacks, with @nest as nesting level, and lets go of the
 * lock. @error: 0 or a negative errno; @when: what os_now() said when that happened which the
 * fence stands for.
 */
void os_fence_signal_unlock(struct os_fence *fence, unsigned long flags, int error,
			    unsigned long long when, unsigned int nest) OS_NONBLOCKING;
/* 0, or -ENOENT when the fence has signalled and the callback will not run. */
typedef void (*os_fence_fn)(struct os_fence *fence, struct os_fence_cb *cb);
int os_fence_add_callback(struct os_fence *fence, struct os_fence_cb *cb,
			  os_fence_fn fn) OS_NONBLOCKING;
/* True if the callback will not run; false if the fence has signalled, and it has run. */
bool os_fence_remove_callback(struct os_fence *fence, struct os_fence_cb *cb) OS_NONBLOCKING;
/* Takes a reference if there is one left; in a read section. */
bool os_fence_get_unless_zero(struct os_fence *fence) OS_NONBLOCKING;
/* A hint; any context. @deadline is a time of the host's clock for people's deadlines. */
void os_fence_set_deadline(struct os_fence *fence, long long deadline) OS_NONBLOCKING;
/* The error of a signalled fence, 0 if it has none. */
int os_fence_error(struct os_fence *fence) OS_NONBLOCKING;
unsigned long long os_fence_context(const struct os_fence *fence) OS_NONBLOCKING;
/* Whether @a signals after @b; both are of one context. */
bool os_fence_is_later(struct os_fence *a, struct os_fence *b) OS_NONBLOCKING;
/*
 * Calls @fn for each fence in a container, or for the fence itself, until it returns
 * other than 0, which is then returned. @signalled says whether it was seen to have
 * signalled. May sleep; @fn takes a reference if it keeps the fence.
 */
typedef int (*os_fence_each_fn)(struct os_fence *fence, bool signalled, void *arg);
int os_fence_each(struct os_fence *fence, os_fence_each_fn fn, void *arg) OS_SLEEPS;

/* Pointers that carry an errno instead. */
bool os_is_error(const void *pointer) OS_NONBLOCKING;
int os_error_of(const void *pointer) OS_NONBLOCKING;

/* References of a device, and of the module whose code is called. */
void os_device_get(struct os_device *device);
void os_device_put(struct os_device *device);
bool os_module_try_get(struct os_module *module) OS_NONBLOCKING;
void os_module_put(struct os_module *module);

/*
 * What follows is for the checkers of the host. One that has none says so by OS_CHECKED, and
 * then it costs nothing.
 */

/*
 * What the host's lock checker is told of waiting that it can't see. A call of an op is
 * between os_inside_enter() and os_inside_leave(); before anybody waits until nobody is
 * inside, it calls os_inside_wait(). Being inside of the same kind more than once is fine.
 */
#define OS_INSIDE_RUN 0	    /* an op of the run side */
#define OS_INSIDE_TIMEOUT 1 /* timedout_job */
#define OS_INSIDE_CLEANUP 2 /* release of a job or a queue, or fini, on the workqueue */
#if !defined(__cplusplus) || OS_CHECKED
void os_inside_enter(unsigned int kind) OS_NONBLOCKING;
void os_inside_leave(unsigned int kind) OS_NONBLOCKING;
void os_inside_wait(unsigned int kind) OS_NONALLOCATING OS_SLEEPS;

/* A section in which fences are signalled, or on which signalling depends. */
bool os_signalling_begin(void) OS_NONBLOCKING;
void os_signalling_end(bool cookie) OS_NONBLOCKING;

/* Reports, in debug hosts, a call from a context that may not sleep. */
void os_might_sleep(void) OS_NONALLOCATING OS_SLEEPS;
/* Between these, debug hosts report who sleeps; any context. */
void os_no_sleep_begin(void) OS_NONBLOCKING;
void os_no_sleep_end(void) OS_NONBLOCKING;
#else
static inline void os_inside_enter(unsigned int) OS_NONBLOCKING {}
static inline void os_inside_leave(unsigned int) OS_NONBLOCKING {}
static inline void os_inside_wait(unsigned int) OS_NONALLOCATING OS_SLEEPS {}

static inline bool os_signalling_begin(void) OS_NONBLOCKING
{
	return false;
}

static inline void os_signalling_end(bool) OS_NONBLOCKING {}
static inline void os_might_sleep(void) OS_NONALLOCATING OS_SLEEPS {}
static inline void os_no_sleep_begin(void) OS_NONBLOCKING {}
static inline void os_no_sleep_end(void) OS_NONBLOCKING {}
#endif

/* Reports a broken rule, with where it was broken; @sentence says which. */
void os_broken(const char *sentence) OS_NONBLOCKING;

/*
 * Says something that people should know, at most now and then. @number and @who are
 * what the sentence is about.
 */
#define OS_NOTE_GAP 0		  /* jobs wait for seqno @number, armed by task @who, not pushed */
#define OS_NOTE_STILL_IN_FLIGHT 1 /* timedout_job handled job @number, which is still there */
#define OS_NOTE_FLUSH 2 /* drm_dep_flush() waits for @queue, with @number jobs; NULL: for an op */
void os_note(unsigned int what, const struct drm_dep_queue *queue, unsigned long long number,
	     unsigned int who) OS_NONBLOCKING;

/*
 * Events for whoever traces. @fence is what the job depends on or is blocked by, else NULL.
 */
#define OS_TRACE_QUEUE 0	 /* the job was pushed */
#define OS_TRACE_RUN 1		 /* it is handed over */
#define OS_TRACE_DONE 2		 /* its finished fence signals */
#define OS_TRACE_ADD_DEP 3	 /* it was pushed with this dependency */
#define OS_TRACE_UNSCHEDULABLE 4 /* it is the next one, and blocked by this fence */
/* How many of them somebody listens to; while it is 0, nothing else is called. */
extern struct os_atomic os_tracing;
bool os_trace_enabled(unsigned int event) OS_NONBLOCKING;
void os_trace(unsigned int event, struct drm_dep_job *job, struct os_fence *fence) OS_NONBLOCKING;

/*
 * What the host asks the core.
 */

/* The names of a finished fence that has not signalled, in a read section. */
const char *drm_dep_fence_driver_name(struct os_fence *fence);
const char *drm_dep_fence_timeline_name(struct os_fence *fence) OS_NONBLOCKING;
/* Somebody wants an early end; the caller has a reference of the finished fence. */
void drm_dep_fence_set_deadline(struct os_fence *fence, long long deadline) OS_NONBLOCKING;
/* Once, before anything else: to set itself up. */
void drm_dep_core_init(void);

/*
 * For a view of all queues: the one that was made after @queue, or the first one if that
 * is NULL; the reference of @queue is dropped, one of the result is taken. Sleeps.
 */
struct drm_dep_queue *drm_dep_next_queue(struct drm_dep_queue *queue);
/* What there is to see of a queue at one moment. */
struct drm_dep_view {
	unsigned long long run_seqno;	 /* the next one to run */
	unsigned long long first_seqno;	 /* of the first job that waits; 0: none */
	unsigned long long in_flight;	 /* jobs that were handed over and not signalled */
	unsigned long long oldest_seqno; /* of the first of them; 0: none */
	unsigned long long busy_time;
	unsigned int waiting;
	unsigned int gap_armed_by; /* who armed the job before first_seqno, if that is missing */
	bool no_users;
	bool messages;
	bool running;
	bool timeout_paused;
	struct os_fence *blocking; /* what the first job waits for, with a reference; or NULL */
};
void drm_dep_look(struct drm_dep_queue *queue, struct drm_dep_view *view) OS_NONBLOCKING;

#ifdef __cplusplus
}

/*
 * Access to atomics, and the only lock-free access there is. A host that wants to
 * decide who runs next at each access defines OS_HOOKS.
 */
#ifdef OS_HOOKS
extern "C" void os_before(const volatile void *object) OS_NONBLOCKING;
extern "C" void os_after(const volatile void *object) OS_NONBLOCKING;
#else
static inline void os_before(const volatile void *) OS_NONBLOCKING {}
static inline void os_after(const volatile void *) OS_NONBLOCKING {}
#endif

static inline int os_load_acquire(const struct os_atomic *atomic) OS_NONBLOCKING
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_ACQUIRE);
}

static inline int os_load_relaxed(const struct os_atomic *atomic) OS_NONBLOCKING
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_RELAXED);
}

static inline void os_store_release(struct os_atomic *atomic, int value) OS_NONBLOCKING
{
	os_before(atomic);
	__atomic_store_n(&atomic->value, value, __ATOMIC_RELEASE);
	os_after(atomic);
}

static inline void os_inc(struct os_atomic *atomic) OS_NONBLOCKING
{
	os_before(atomic);
	__atomic_fetch_add(&atomic->value, 1, __ATOMIC_RELAXED);
	os_after(atomic);
}

/*
 * These three, and the exchange and the load of a pointer, are in one order for everybody:
 * of two who each write one and then read the other's, one sees what the other wrote.
 */
static inline int os_load_ordered(const struct os_atomic *atomic) OS_NONBLOCKING
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_SEQ_CST);
}

static inline int os_add_ordered(struct os_atomic *atomic, int value) OS_NONBLOCKING
{
	int sum;

	os_before(atomic);
	sum = __atomic_add_fetch(&atomic->value, value, __ATOMIC_SEQ_CST);
	os_after(atomic);
	return sum;
}

static inline int os_exchange_ordered(struct os_atomic *atomic, int value) OS_NONBLOCKING
{
	int old;

	os_before(atomic);
	old = __atomic_exchange_n(&atomic->value, value, __ATOMIC_SEQ_CST);
	os_after(atomic);
	return old;
}

/* True when the value became 0; everything before other decrements has happened. */
static inline bool os_dec_and_test(struct os_atomic *atomic) OS_NONBLOCKING
{
	bool zero;

	os_before(atomic);
	zero = __atomic_sub_fetch(&atomic->value, 1, __ATOMIC_ACQ_REL) == 0;
	os_after(atomic);
	return zero;
}

static inline void *os_load_ptr(const struct os_atomic_ptr *atomic) OS_NONBLOCKING
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_SEQ_CST);
}

static inline void os_store_ptr(struct os_atomic_ptr *atomic, void *value) OS_NONBLOCKING
{
	os_before(atomic);
	__atomic_store_n(&atomic->value, value, __ATOMIC_RELEASE);
	os_after(atomic);
}

static inline void *os_exchange_ptr(struct os_atomic_ptr *atomic, void *value) OS_NONBLOCKING
{
	void *old;

	os_before(atomic);
	old = __atomic_exchange_n(&atomic->value, value, __ATOMIC_SEQ_CST);
	os_after(atomic);
	return old;
}

/* On failure *expected is what was found. */
static inline bool os_replace_ptr(struct os_atomic_ptr *atomic, void **expected,
				  void *value) OS_NONBLOCKING
{
	bool done;

	os_before(atomic);
	done = __atomic_compare_exchange_n(&atomic->value, expected, value, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
	os_after(atomic);
	return done;
}
#endif

#endif /* _DRM_DEP_OS_H_ */
