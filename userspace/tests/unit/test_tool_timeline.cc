/* SPDX-License-Identifier: MIT */
#include <stdexcept>

#include <gtest/gtest.h>

#include <common/command_line.h>
#include <trace/summary.h>
#include <trace/timeline.h>
#include <trace/window.h>

namespace
{

constexpr std::uint64_t us = 1000, start = 1'000'000'000;

/* Two jobs of one queue, and one of another that waits for the second and for a foreign fence. */
constexpr const char *text =
	"p-1 [000] . 1.000000: drm_dep_job_queue: dev=vgpu_fw queue=ctx1 fence=10:1 waiting=0 "
	"credits=0 client=3\n"
	"p-1 [000] . 1.000001: drm_dep_job_queue: dev=vgpu_fw queue=ctx1 fence=10:2 waiting=1 "
	"credits=0 client=3\n"
	"w-2 [001] . 1.000002: drm_dep_job_run: dev=vgpu_fw queue=ctx1 fence=10:1 waiting=1 "
	"credits=6 client=3\n"
	"w-2 [001] . 1.000003: drm_dep_job_run: dev=vgpu_fw queue=ctx1 fence=10:2 waiting=0 "
	"credits=12 client=3\n"
	"p-1 [000] . 1.000004: drm_dep_job_add_dep: fence=11:5 dependency=10:2\n"
	"p-1 [000] . 1.000004: drm_dep_job_add_dep: fence=11:5 dependency=77:1\n"
	"p-1 [000] . 1.000004: drm_dep_job_queue: dev=vgpu_fw queue=ctx2 fence=11:5 waiting=0 "
	"credits=0 client=4\n"
	"p-1 [000] . 1.000004: dma_fence_init: driver=other timeline=clock context=77 seqno=1\n"
	"w-2 [001] . 1.000005: drm_dep_job_unschedulable: fence=11:5 dependency=10:2\n"
	"q-9 [000] . 1.000006: dma_fence_wait_start: driver=d timeline=t context=11 seqno=5\n"
	"i-0 [001] . 1.000010: drm_dep_job_done: fence=10:1\n"
	"i-0 [001] . 1.000020: drm_dep_job_done: fence=10:2\n"
	"w-2 [001] . 1.000021: drm_dep_job_unschedulable: fence=11:5 dependency=77:1\n"
	"x-3 [000] . 1.000030: dma_fence_signaled: driver=other timeline=clock context=77 seqno=1\n"
	"w-2 [001] . 1.000032: drm_dep_job_run: dev=vgpu_fw queue=ctx2 fence=11:5 waiting=0 "
	"credits=6 client=4\n"
	"i-0 [001] . 1.000040: drm_dep_job_done: fence=11:5\n"
	"q-9 [000] . 1.000041: dma_fence_wait_end: driver=d timeline=t context=11 seqno=5\n"
	"i-0 [001] . 1.000050: vgpu_reset: reason=test\n";

class TimelineTest : public ::testing::Test
{
protected:
	trace::Timeline timeline_ = trace::make_timeline(trace::parse_raw(text));
};

TEST_F(TimelineTest, HasTheQueuesAndTheirJobs)
{
	ASSERT_EQ(timeline_.queues.size(), 2u);
	EXPECT_EQ(timeline_.begin, start);
	EXPECT_EQ(timeline_.end, start + 50 * us);
	EXPECT_EQ(timeline_.queues[0].name, "ctx1");
	EXPECT_EQ(timeline_.queues[0].client(), 3u);
	EXPECT_EQ(timeline_.queues[1].device, "vgpu_fw");
	EXPECT_EQ(timeline_.job_count(), 3u);
	EXPECT_EQ(timeline_.find({11, 5})->queued, start + 4 * us);
	EXPECT_EQ(timeline_.find({11, 5})->run, start + 32 * us);
	EXPECT_EQ(timeline_.find({11, 5})->done, start + 40 * us);
	EXPECT_EQ(timeline_.find({11, 6}), nullptr);
	EXPECT_EQ(timeline_.find({12, 5}), nullptr);
}

TEST_F(TimelineTest, AJobIsFirstWhenTheOneBeforeItIsDone)
{
	EXPECT_EQ(timeline_.find({10, 1})->first, start + 2 * us);
	EXPECT_EQ(timeline_.find({10, 2})->first, start + 10 * us);
	EXPECT_EQ(timeline_.queues[0].busy(), 18 * us);
	EXPECT_EQ(timeline_.queues[0].busy(start + 5 * us, start + 12 * us), 7 * us);
	EXPECT_EQ(timeline_.queues[0].busy(start + 30 * us, start + 40 * us), 0u);
}

TEST_F(TimelineTest, ABlockedJobIsSoUntilTheFenceSignals)
{
	const trace::Job &job = *timeline_.find({11, 5});

	EXPECT_EQ(job.dependencies, (std::vector<trace::FenceId>{{10, 2}, {77, 1}}));
	ASSERT_EQ(job.blocked.size(), 2u);
	EXPECT_EQ(job.blocked[0].by, (trace::FenceId{10, 2}));
	EXPECT_EQ(job.blocked[0].from, start + 5 * us);
	EXPECT_EQ(job.blocked[0].until, start + 20 * us) << "when that job was done";
	EXPECT_EQ(job.blocked[1].until, start + 30 * us) << "when that fence signalled";
}

TEST_F(TimelineTest, FencesHaveNames)
{
	EXPECT_EQ(timeline_.name_of({10, 2}), "ctx1 #2");
	EXPECT_EQ(timeline_.name_of({77, 1}), "other/clock #1");
	EXPECT_EQ(timeline_.name_of({99, 1}), "99:1");
}

TEST_F(TimelineTest, WaitsAndNotesAreKept)
{
	ASSERT_EQ(timeline_.waits.size(), 1u);
	EXPECT_EQ(timeline_.waits[0].task, "q");
	EXPECT_EQ(timeline_.waits[0].from, start + 6 * us);
	EXPECT_EQ(timeline_.waits[0].until, start + 41 * us);
	ASSERT_EQ(timeline_.notes.size(), 1u);
	EXPECT_EQ(timeline_.notes[0].name, "vgpu_reset");
}

TEST(Timeline, IsIncompleteIfTheTraceIs)
{
	const auto timeline = trace::make_timeline(trace::parse_raw(
		"p-1 [000] . 1.000001: drm_dep_job_done: fence=10:1\n"
		"p-1 [000] . 1.000002: drm_dep_job_queue: dev=d queue=c fence=10:2 client=1\n"
		"p-1 [000] . 1.000003: drm_dep_job_unschedulable: fence=10:2 dependency=5:5\n"
		"p-1 [000] . 1.000009: dma_fence_wait_start: driver=d timeline=t context=5 "
		"seqno=5\n"));

	EXPECT_FALSE(timeline.find({10, 1})->ran());
	EXPECT_FALSE(timeline.find({10, 2})->ran());
	EXPECT_EQ(timeline.find({10, 2})->blocked[0].until, timeline.end) << "it is not over yet";
	EXPECT_EQ(timeline.waits[0].until, timeline.end);
	EXPECT_EQ(timeline.queues[0].busy(), 0u);
}

TEST(Timeline, AJobThatRunsTwiceBeganWithTheFirst)
{
	const auto timeline = trace::make_timeline(
		trace::parse_raw("p-1 [000] . 1.000001: drm_dep_job_run: queue=c fence=10:1\n"
				 "p-1 [000] . 1.000005: drm_dep_job_run: queue=c fence=10:1\n"
				 "p-1 [000] . 1.000009: drm_dep_job_done: fence=10:1\n"));

	EXPECT_EQ(timeline.find({10, 1})->first, start + 1 * us);
}

TEST(Timeline, WithoutAnEventOfOursIsAnError)
{
	EXPECT_THROW(trace::make_timeline(trace::parse_raw("")), std::runtime_error);
	EXPECT_THROW(trace::make_timeline(trace::parse_raw("x-1 [000] . 1.5: sched_switch: a\n")),
		     std::runtime_error);
}

TEST_F(TimelineTest, IsSummedUp)
{
	const trace::Summary summary = trace::summarise(timeline_);

	EXPECT_EQ(summary.jobs, 3u);
	EXPECT_EQ(summary.done, 3u);
	EXPECT_EQ(summary.duration, 50 * us);
	ASSERT_EQ(summary.queues.size(), 2u);
	EXPECT_EQ(summary.queues[0].busy, 18 * us);
	EXPECT_EQ(summary.queues[0].blocked, 0u);
	EXPECT_EQ(summary.queues[1].blocked, 24 * us);
	EXPECT_EQ(summary.queues[1].dependencies, 2u);
	EXPECT_EQ(summary.queues[1].waiting.median, 28. * us);
	EXPECT_EQ(summary.queues[1].on_device.median, 8. * us);

	const std::string text_of_it = trace::describe(summary);
	EXPECT_NE(text_of_it.find("3 jobs of 2 queues"), std::string::npos) << text_of_it;
	EXPECT_EQ(text_of_it.find("lost"), std::string::npos) << text_of_it;
	const auto json = trace::to_json(summary);
	EXPECT_EQ(json["queues"][1]["blocked_ns"], 24 * us);
	EXPECT_EQ(json["jobs"], 3);
}

TEST_F(TimelineTest, LostEventsAreTold)
{
	timeline_.lost = 4;
	EXPECT_NE(trace::describe(trace::summarise(timeline_)).find("4 events were lost"),
		  std::string::npos);
}

TEST_F(TimelineTest, APictureShowsWhatTheUserSays)
{
	trace::WindowOptions options;
	trace::Window window = trace::choose_window(timeline_, options);

	EXPECT_EQ(window.from, start);
	EXPECT_EQ(window.until, start + 40 * us) << "the end of the last job";
	options.from_ms = 0.035;
	window = trace::choose_window(timeline_, options);
	EXPECT_EQ(window.from, start + 35 * us);
	options.until_ms = 0.038;
	window = trace::choose_window(timeline_, options);
	EXPECT_EQ(window.until, start + 38 * us);
	options.until_ms = 0.01;
	EXPECT_THROW(trace::choose_window(timeline_, options), tool::UsageError);
	options = {};
	options.from_ms = 0.045;
	EXPECT_THROW(trace::choose_window(timeline_, options), tool::UsageError) << "no job there";
	options = {};
	options.most_jobs = 2;
	EXPECT_EQ(trace::choose_window(timeline_, options).until, start + 20 * us);
	options.most_jobs = 1;
	EXPECT_EQ(trace::choose_window(timeline_, options).until, start + 10 * us);
}

} // namespace
