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
 * core returns (OS_EINVAL ...), come from <os_layout.h>, which every host provides; on Linux it is generated from the kernel's own types, and gives
 * the objects the kernel's own names, so that a pointer to one has the same type
 * on both sides of the boundary.
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

/* Linux C code has the kernel's definitions of these types. */
#ifndef OS_HAVE_NATIVE_TYPES
#define OS_OBJECT(tag, NAME, ...)                                             \
	struct __VA_ARGS__ tag {                                              \
		unsigned char opaque[NAME##_SIZE];                            \
	} __attribute__((aligned(NAME##_ALIGN)))

OS_OBJECT(os_lock, OS_LOCK, OS_ANALYSIS(capability("lock")));
OS_OBJECT(os_ref, OS_REF);
OS_OBJECT(os_work, OS_WORK);
OS_OBJECT(os_rcu_work, OS_RCU_WORK);
OS_OBJECT(os_fence, OS_FENCE);
OS_OBJECT(os_fence_cb, OS_FENCE_CB);
OS_OBJECT(os_class, OS_CLASS);
#endif

struct os_device;
struct os_module;
struct os_wq;

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
void *os_alloc(size_t size, const char *what);
void os_free(void *memory);

/*
 * Locks. Each has a class for the host's lock checker; locks of one class are
 * taken inside one another only in the order of their subclasses. Interrupts are
 * disabled while a lock is held. A lock needs no destructor.
 */
void os_lock_init(struct os_lock *lock, struct os_class *lock_class, const char *name);
unsigned long os_lock_irqsave(struct os_lock *lock) OS_ANALYSIS(acquire_capability(*lock));
void os_unlock_irqrestore(struct os_lock *lock, unsigned long flags)
	OS_ANALYSIS(release_capability(*lock));
void os_assert_held(const struct os_lock *lock) OS_ANALYSIS(assert_capability(*lock));

/*
 * Reference counts: saturating; os_ref_put() returns true when it was the last,
 * and then everything that happened before other puts has happened.
 */
void os_ref_init(struct os_ref *ref);
void os_ref_get(struct os_ref *ref);
bool os_ref_get_unless_zero(struct os_ref *ref);
bool os_ref_put(struct os_ref *ref);

/*
 * Deferred work, on one of the core's workqueues. A work item never runs twice at
 * the same time. os_work_queue() works in any context and does nothing when the
 * item is pending or disabled; what happened before the call is visible to the
 * function. os_work_disable_sync() sleeps until the item neither runs nor ever
 * will again.
 *
 * @rcu_work is an item that runs after an RCU grace period; its function gets the
 * struct os_work at its start.
 */
typedef void (*os_work_fn)(struct os_work *work);
void os_work_init(struct os_work *work, os_work_fn fn, struct os_class *work_class,
		  const char *name);
bool os_work_queue(struct os_wq *wq, struct os_work *work);
void os_work_disable_sync(struct os_work *work);
void os_rcu_work_init(struct os_rcu_work *work, os_work_fn fn, struct os_class *work_class,
		      const char *name);
void os_rcu_work_queue(struct os_wq *wq, struct os_rcu_work *work);

/*
 * The workqueues: for running jobs (memory reclaim may wait for it, nothing on it
 * may wait for memory), for draining completions (in softirq), and for all that
 * nobody waits for who holds a lock or memory.
 */
struct os_wq *os_wq_run(void);
struct os_wq *os_wq_drain(void);
struct os_wq *os_wq_cleanup(void);

/* Read sections: memory that is freed by an rcu_work stays until they end. */
void os_rcu_read_lock(void);
void os_rcu_read_unlock(void);

/*
 * The nesting level of this CPU (of this task, where a lock does not disable
 * interrupts): 0 outside callbacks of finished fences. Called with a lock held.
 */
unsigned int os_nest_level(void);
unsigned int os_nest_set(unsigned int level);

/* Delays a task switch on this CPU, so that a started drain is soon over. */
void os_preempt_disable(void);
void os_preempt_enable(void);

/*
 * Sleeps until cond(arg) is true; it is called with @lock held. os_wake() is called
 * with the same lock held, when the condition may have become true.
 */
void os_wait(struct os_lock *lock, bool (*cond)(void *arg), void *arg);
void os_wake(struct os_lock *lock);

/*
 * Fences. os_fence_alloc() gives memory of at least @size bytes that begins with a
 * fence which is not initialised; it may sleep and fail. An initialised fence is
 * freed by its last put, after a grace period; memory that never was a fence by
 * os_free(). The names of a fence are asked for through
 * drm_dep_fence_driver_name() and drm_dep_fence_timeline_name() as long as it has
 * not signalled, in a read section. @nest orders fence locks taken inside one
 * another: callbacks of a fence may signal fences of a greater level.
 */
void *os_fence_alloc(size_t size);
unsigned long long os_fence_context_alloc(void);
void os_fence_init(struct os_fence *fence, unsigned long long context, unsigned long long seqno,
		   unsigned int nest);
void os_fence_get(struct os_fence *fence);
void os_fence_put(struct os_fence *fence);
unsigned long os_fence_lock(struct os_fence *fence);
void os_fence_unlock(struct os_fence *fence, unsigned long flags);
/* With the fence's lock held; runs the callbacks. @error: 0 or a negative errno. */
void os_fence_signal_locked(struct os_fence *fence, int error);
/* 0, or -ENOENT when the fence has signalled and the callback will not run. */
typedef void (*os_fence_fn)(struct os_fence *fence, struct os_fence_cb *cb);
int os_fence_add_callback(struct os_fence *fence, struct os_fence_cb *cb, os_fence_fn fn);
/* The error of a signalled fence, 0 if it has none. */
int os_fence_error(struct os_fence *fence);
unsigned long long os_fence_context(const struct os_fence *fence);
/* Whether @a signals after @b; both are of one context. */
bool os_fence_is_later(struct os_fence *a, struct os_fence *b);
/*
 * Calls @fn for each fence in a container that has not signalled, or for the fence
 * itself, until it returns other than 0, which is then returned. May sleep; @fn
 * takes a reference if it keeps the fence.
 */
int os_fence_each_pending(struct os_fence *fence, int (*fn)(struct os_fence *fence, void *arg),
			  void *arg);

/* A section in which fences are signalled, or on which signalling depends. */
bool os_signalling_begin(void);
void os_signalling_end(bool cookie);

/* Pointers that carry an errno instead. */
bool os_is_error(const void *pointer);
int os_error_of(const void *pointer);

/* References of a device, and of the module whose code is called. */
void os_device_get(struct os_device *device);
void os_device_put(struct os_device *device);
bool os_module_try_get(struct os_module *module);
void os_module_put(struct os_module *module);

/* Reports, in debug hosts, a call from a context that may not sleep. */
void os_might_sleep(void);
/* Reports a broken rule, with where it was broken; @sentence says which. */
void os_broken(const char *sentence);

/*
 * What the host asks the core: the names of a finished fence that has not signalled,
 * in a read section; and, once, before anything else, to set itself up.
 */
const char *drm_dep_fence_driver_name(struct os_fence *fence);
const char *drm_dep_fence_timeline_name(struct os_fence *fence);
void drm_dep_core_init(void);

#ifdef __cplusplus
}

/*
 * Access to atomics, and the only lock-free access there is. A host that wants to
 * decide who runs next at each access defines OS_HOOKS.
 */
#ifdef OS_HOOKS
extern "C" void os_before(const volatile void *object);
extern "C" void os_after(const volatile void *object);
#else
static inline void os_before(const volatile void *)
{
}
static inline void os_after(const volatile void *)
{
}
#endif

static inline int os_load_acquire(const struct os_atomic *atomic)
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_ACQUIRE);
}

static inline void os_store_release(struct os_atomic *atomic, int value)
{
	os_before(atomic);
	__atomic_store_n(&atomic->value, value, __ATOMIC_RELEASE);
	os_after(atomic);
}

static inline void os_inc(struct os_atomic *atomic)
{
	os_before(atomic);
	__atomic_fetch_add(&atomic->value, 1, __ATOMIC_RELAXED);
	os_after(atomic);
}

/* True when the value became 0; everything before other decrements has happened. */
static inline bool os_dec_and_test(struct os_atomic *atomic)
{
	bool zero;

	os_before(atomic);
	zero = __atomic_sub_fetch(&atomic->value, 1, __ATOMIC_ACQ_REL) == 0;
	os_after(atomic);
	return zero;
}

static inline void *os_load_ptr(const struct os_atomic_ptr *atomic)
{
	os_before(atomic);
	return __atomic_load_n(&atomic->value, __ATOMIC_ACQUIRE);
}

static inline void *os_exchange_ptr(struct os_atomic_ptr *atomic, void *value)
{
	void *old;

	os_before(atomic);
	old = __atomic_exchange_n(&atomic->value, value, __ATOMIC_ACQ_REL);
	os_after(atomic);
	return old;
}

/* On failure *expected is what was found. */
static inline bool os_replace_ptr(struct os_atomic_ptr *atomic, void **expected, void *value)
{
	bool done;

	os_before(atomic);
	done = __atomic_compare_exchange_n(&atomic->value, expected, value, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	os_after(atomic);
	return done;
}
#endif

#endif /* _DRM_DEP_OS_H_ */
