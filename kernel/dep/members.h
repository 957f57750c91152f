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
	S(drm_dep_job_init_args)

#define DRM_DEP_MEMBERS(M)                                                                         \
	M(drm_dep_queue, lock)                                                                     \
	M(drm_dep_queue, ref)                                                                      \
	M(drm_dep_queue, users)                                                                    \
	M(drm_dep_queue, ops)                                                                      \
	M(drm_dep_queue, teardown)                                                                 \
	M(drm_dep_queue, driver_name)                                                              \
	M(drm_dep_queue, name)                                                                     \
	M(drm_dep_queue, context)                                                                  \
	M(drm_dep_queue, armed_seqno)                                                              \
	M(drm_dep_queue, run_seqno)                                                                \
	M(drm_dep_queue, waiting)                                                                  \
	M(drm_dep_queue, in_flight)                                                                \
	M(drm_dep_queue, credit_limit)                                                             \
	M(drm_dep_queue, credits_used)                                                             \
	M(drm_dep_queue, nest_level)                                                               \
	M(drm_dep_queue, running)                                                                  \
	M(drm_dep_queue, draining)                                                                 \
	M(drm_dep_queue, released_jobs)                                                            \
	M(drm_dep_queue, run_work)                                                                 \
	M(drm_dep_queue, drain_work)                                                               \
	M(drm_dep_queue, release_work)                                                             \
	M(drm_dep_queue_ops, owner)                                                                \
	M(drm_dep_queue_ops, run_job)                                                              \
	M(drm_dep_queue_ops, fini)                                                                 \
	M(drm_dep_queue_ops, release)                                                              \
	M(drm_dep_queue_init_args, ops)                                                            \
	M(drm_dep_queue_init_args, drm)                                                            \
	M(drm_dep_queue_init_args, driver_name)                                                    \
	M(drm_dep_queue_init_args, name)                                                           \
	M(drm_dep_queue_init_args, credit_limit)                                                   \
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
	M(drm_dep_job, hw_cb)                                                                      \
	M(drm_dep_job, deps_root)                                                                  \
	M(drm_dep_job, deps_chunks)                                                                \
	M(drm_dep_job, deps_count)                                                                 \
	M(drm_dep_job, credits)                                                                    \
	M(drm_dep_job, run)                                                                        \
	M(drm_dep_job, error)                                                                      \
	M(drm_dep_job, state)                                                                      \
	M(drm_dep_job, holds)                                                                      \
	M(drm_dep_job, cancelled)                                                                  \
	M(drm_dep_job, registered)                                                                 \
	M(drm_dep_job_ops, release)                                                                \
	M(drm_dep_job_init_args, queue)                                                            \
	M(drm_dep_job_init_args, ops)                                                              \
	M(drm_dep_job_init_args, credits)

#endif /* _DRM_DEP_MEMBERS_H_ */
