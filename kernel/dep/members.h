/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_MEMBERS_H_
#define _DRM_DEP_MEMBERS_H_

/*
 * Every member of every structure that C and C++ share. C turns the list into
 * numbers (os/linux/layout.c), C++ compares its own structures with them
 * (layout_check.cc), so a member that moves on one side only doesn't compile.
 */
#define DRM_DEP_STRUCTS(S)                                                                         \
	S(drm_dep_queue)                                                                           \
	S(drm_dep_queue_ops)                                                                       \
	S(drm_dep_queue_init_args)                                                                 \
	S(drm_dep_job)                                                                             \
	S(drm_dep_job_ops)                                                                         \
	S(drm_dep_job_init_args)                                                                   \
	S(drm_dep_message)                                                                         \
	S(drm_dep_job_iter)

#define DRM_DEP_MEMBERS(M)                                                                         \
	M(drm_dep_queue, lock)                                                                     \
	M(drm_dep_queue, ref)                                                                      \
	M(drm_dep_queue, users)                                                                    \
	M(drm_dep_queue, flags)                                                                    \
	M(drm_dep_queue, ops)                                                                      \
	M(drm_dep_queue, record)                                                                   \
	M(drm_dep_queue, drm)                                                                      \
	M(drm_dep_queue, driver_name)                                                              \
	M(drm_dep_queue, name)                                                                     \
	M(drm_dep_queue, workqueue)                                                                \
	M(drm_dep_queue, timeout_workqueue)                                                        \
	M(drm_dep_queue, context)                                                                  \
	M(drm_dep_queue, armed_seqno)                                                              \
	M(drm_dep_queue, pushed_seqno)                                                             \
	M(drm_dep_queue, run_seqno)                                                                \
	M(drm_dep_queue, waiting)                                                                  \
	M(drm_dep_queue, in_flight)                                                                \
	M(drm_dep_queue, messages)                                                                 \
	M(drm_dep_queue, unsignalled)                                                              \
	M(drm_dep_queue, held)                                                                     \
	M(drm_dep_queue, runner)                                                                   \
	M(drm_dep_queue, timeout_runner)                                                           \
	M(drm_dep_queue, event_time)                                                               \
	M(drm_dep_queue, head_since)                                                               \
	M(drm_dep_queue, head_ran)                                                                 \
	M(drm_dep_queue, busy_time)                                                                \
	M(drm_dep_queue, gap_since)                                                                \
	M(drm_dep_queue, waiting_count)                                                            \
	M(drm_dep_queue, credit_limit)                                                             \
	M(drm_dep_queue, credits_used)                                                             \
	M(drm_dep_queue, timeout_ms)                                                               \
	M(drm_dep_queue, stop_count)                                                               \
	M(drm_dep_queue, kept_stops)                                                               \
	M(drm_dep_queue, iterators)                                                                \
	M(drm_dep_queue, waiters)                                                                  \
	M(drm_dep_queue, releases_due)                                                             \
	M(drm_dep_queue, releases_done)                                                            \
	M(drm_dep_queue, idle_waiters)                                                             \
	M(drm_dep_queue, armed_by)                                                                 \
	M(drm_dep_queue, last_error)                                                               \
	M(drm_dep_queue, nest_level)                                                               \
	M(drm_dep_queue, draining)                                                                 \
	M(drm_dep_queue, killed)                                                                   \
	M(drm_dep_queue, killed_owed)                                                              \
	M(drm_dep_queue, no_users)                                                                 \
	M(drm_dep_queue, in_op)                                                                    \
	M(drm_dep_queue, paused)                                                                   \
	M(drm_dep_queue, triggered)                                                                \
	M(drm_dep_queue, timer_armed)                                                              \
	M(drm_dep_queue, gap_reported)                                                             \
	M(drm_dep_queue, quiesced)                                                                 \
	M(drm_dep_queue, released_jobs)                                                            \
	M(drm_dep_queue, run_work)                                                                 \
	M(drm_dep_queue, drain_work)                                                               \
	M(drm_dep_queue, release_work)                                                             \
	M(drm_dep_queue, timeout_work)                                                             \
	M(drm_dep_queue_ops, owner)                                                                \
	M(drm_dep_queue_ops, prepare_job)                                                          \
	M(drm_dep_queue_ops, run_job)                                                              \
	M(drm_dep_queue_ops, timedout_job)                                                         \
	M(drm_dep_queue_ops, process_message)                                                      \
	M(drm_dep_queue_ops, killed)                                                               \
	M(drm_dep_queue_ops, set_deadline)                                                         \
	M(drm_dep_queue_ops, fini)                                                                 \
	M(drm_dep_queue_ops, release)                                                              \
	M(drm_dep_queue_init_args, ops)                                                            \
	M(drm_dep_queue_init_args, drm)                                                            \
	M(drm_dep_queue_init_args, driver_name)                                                    \
	M(drm_dep_queue_init_args, name)                                                           \
	M(drm_dep_queue_init_args, workqueue)                                                      \
	M(drm_dep_queue_init_args, timeout_workqueue)                                              \
	M(drm_dep_queue_init_args, credit_limit)                                                   \
	M(drm_dep_queue_init_args, timeout_ms)                                                     \
	M(drm_dep_queue_init_args, nest_level)                                                     \
	M(drm_dep_queue_init_args, flags)                                                          \
	M(drm_dep_job, queue)                                                                      \
	M(drm_dep_job, ops)                                                                        \
	M(drm_dep_job, fence)                                                                      \
	M(drm_dep_job, link)                                                                       \
	M(drm_dep_job, release_link)                                                               \
	M(drm_dep_job, ref)                                                                        \
	M(drm_dep_job, deps_left)                                                                  \
	M(drm_dep_job, seqno)                                                                      \
	M(drm_dep_job, client_id)                                                                  \
	M(drm_dep_job, hw_cb)                                                                      \
	M(drm_dep_job, hw_fence)                                                                   \
	M(drm_dep_job, prepare_fence)                                                              \
	M(drm_dep_job, deps_root)                                                                  \
	M(drm_dep_job, deps_chunks)                                                                \
	M(drm_dep_job, deps_count)                                                                 \
	M(drm_dep_job, dep_error)                                                                  \
	M(drm_dep_job, credits)                                                                    \
	M(drm_dep_job, run)                                                                        \
	M(drm_dep_job, armed_before_by)                                                            \
	M(drm_dep_job, error)                                                                      \
	M(drm_dep_job, state)                                                                      \
	M(drm_dep_job, holds)                                                                      \
	M(drm_dep_job, cancelled)                                                                  \
	M(drm_dep_job, registered)                                                                 \
	M(drm_dep_job, prepared)                                                                   \
	M(drm_dep_job, counted)                                                                    \
	M(drm_dep_job_ops, release)                                                                \
	M(drm_dep_job_init_args, queue)                                                            \
	M(drm_dep_job_init_args, ops)                                                              \
	M(drm_dep_job_init_args, credits)                                                          \
	M(drm_dep_job_init_args, client_id)                                                        \
	M(drm_dep_message, link)                                                                   \
	M(drm_dep_job_iter, queue)                                                                 \
	M(drm_dep_job_iter, job)

#endif /* _DRM_DEP_MEMBERS_H_ */
