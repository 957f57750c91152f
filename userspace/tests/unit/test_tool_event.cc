/* SPDX-License-Identifier: MIT */
#include <gtest/gtest.h>

#include <trace/event.h>
#include <trace/raw_trace.h>

namespace
{

TEST(TraceEvent, IsALineOfTheTrace)
{
	const auto event = trace::parse_event(
		"     vgpu-stress-1234    [001] d..1.   12.000345: drm_dep_job_run: dev=a queue=b");

	ASSERT_TRUE(event);
	EXPECT_EQ(event->task, "vgpu-stress");
	EXPECT_EQ(event->pid, 1234);
	EXPECT_EQ(event->cpu, 1u);
	EXPECT_EQ(event->time_ns, 12'000'345'000u);
	EXPECT_EQ(event->name, "drm_dep_job_run");
	EXPECT_EQ(event->text, "dev=a queue=b");
}

TEST(TraceEvent, MayHaveAStrangeTask)
{
	const auto odd = trace::parse_event(" a [b] c-d-7 [010] ..... 1.5: x: y [z]: 1");
	ASSERT_TRUE(odd);
	EXPECT_EQ(odd->task, "a [b] c-d");
	EXPECT_EQ(odd->pid, 7);
	EXPECT_EQ(odd->cpu, 10u);
	EXPECT_EQ(odd->time_ns, 1'500'000'000u);
	EXPECT_EQ(odd->text, "y [z]: 1");

	const auto with_group =
		trace::parse_event(" <...>-99 (   88) [000] d.h2. 7.000001: dma_fence_init: a=1");
	ASSERT_TRUE(with_group);
	EXPECT_EQ(with_group->pid, 99);

	const auto without_flags = trace::parse_event(" x-1 [000] 7.000001000: e: a");
	ASSERT_TRUE(without_flags);
	EXPECT_EQ(without_flags->time_ns, 7'000'001'000u);
}

TEST(TraceEvent, OtherLinesAreNone)
{
	for (const char *wrong :
	     {"", "# tracer: nop", "#           TASK-PID     CPU#", "CPU:0 [LOST 5 EVENTS]", "x",
	      "x-1 [000] ..... : e: a", "x-1 [000] ..... 1.2", "x-1 [000] ..... one: e: a",
	      "x [000] ..... 1.2: e: a", "x-1 [abc] ..... 1.2: e: a", "x-1 [000] ..... 1.2: : a"})
		EXPECT_FALSE(trace::parse_event(wrong)) << wrong;
}

TEST(TraceEvent, AFenceIsTwoNumbers)
{
	EXPECT_EQ(trace::parse_fence("12:34"), (trace::FenceId{12, 34}));
	for (const char *wrong : {"", "12", "12:", ":34", "a:b", "1:2:3"})
		EXPECT_FALSE(trace::parse_fence(wrong)) << wrong;
	EXPECT_EQ(trace::to_string({12, 34}), "12:34");
}

TEST(RawTrace, KeepsWhatThereIsToSay)
{
	trace::RawTrace said;
	said.kernel = "Linux 7";
	said.command = "a program --with options";
	said.lost = 17;
	const trace::RawTrace read =
		trace::parse_raw(trace::header(said) +
				 "# tracer: nop\nCPU:1 [LOST 5 EVENTS]\nx-1 [000] . 1.5: e: a=1\n");

	EXPECT_EQ(read.kernel, said.kernel);
	EXPECT_EQ(read.command, said.command);
	EXPECT_EQ(read.lost, 17u);
	ASSERT_EQ(read.events.size(), 1u);
	EXPECT_EQ(read.events[0].name, "e");
}

TEST(RawTrace, CountsLostEventsOfAForeignText)
{
	EXPECT_EQ(trace::parse_raw("CPU:1 [LOST 5 EVENTS]\nCPU:0 [LOST 2 EVENTS]\n").lost, 7u);
}

} // namespace
