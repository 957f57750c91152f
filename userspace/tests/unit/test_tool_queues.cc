/* SPDX-License-Identifier: MIT */
#include <stdexcept>

#include <gtest/gtest.h>

#include <common/text.h>
#include <info/queues.h>
#include <info/report.h>

namespace
{

constexpr const char *view = "dev=vgpu_fw queue=ctx3 context=17\n"
			     "  state: running\n"
			     "  flags: bypass job-put-irq-safe\n"
			     "  credits: 12 of 100\n"
			     "  in flight: 2 from=40\n"
			     "  waiting: 3 from=42\n"
			     "  next: 42\n"
			     "  blocked by: fence=9:4 driver=vgpu_fw timeline=ctx1\n"
			     "  busy: 123456 ns\n"
			     "dev=other queue=x context=18\n"
			     "  state:\n"
			     "  flags:\n"
			     "  credits: 0 of 1\n"
			     "  in flight: 0\n"
			     "  waiting: 0\n"
			     "  next: 6\n"
			     "  busy: 0 ns\n";

TEST(Queues, AreReadFromTheView)
{
	const auto queues = info::parse_queues(view);

	ASSERT_EQ(queues.size(), 2u);
	EXPECT_EQ(queues[0].device, "vgpu_fw");
	EXPECT_EQ(queues[0].name, "ctx3");
	EXPECT_EQ(queues[0].context, 17u);
	EXPECT_EQ(queues[0].state, "running");
	EXPECT_EQ(queues[0].flags, "bypass job-put-irq-safe");
	EXPECT_EQ(queues[0].credits, 12u);
	EXPECT_EQ(queues[0].credit_limit, 100u);
	EXPECT_EQ(queues[0].in_flight, 2u);
	EXPECT_EQ(queues[0].waiting, 3u);
	EXPECT_EQ(queues[0].finished(), 39u) << "the oldest that is in flight is number 40";
	EXPECT_EQ(queues[0].busy_ns, 123456u);
	EXPECT_EQ(queues[0].blocked_by, "fence=9:4 driver=vgpu_fw timeline=ctx1");
	EXPECT_EQ(queues[1].finished(), 5u) << "nothing is in flight, number 6 is next";
	EXPECT_EQ(queues[1].state, "");
	EXPECT_TRUE(info::parse_queues("").empty());
}

TEST(Queues, WhatIsNoViewIsRefused)
{
	for (const char *wrong :
	     {"hello\n", "dev=a queue=b\n", "dev=a queue=b context=x\n", "  state: running\n",
	      "dev=a queue=b context=1\n  credits: many\n",
	      "dev=a queue=b context=1\n  in flight: 1 from=here\n",
	      "dev=a queue=b context=1\n  busy: 12\n"})
		EXPECT_THROW(info::parse_queues(wrong), std::runtime_error) << wrong;
}

TEST(Queues, TheDriverAddsWhatItKnows)
{
	auto queues = info::parse_queues(view);

	info::add_driver_view(queues, "a head\nname=ctx3 client=5 class=copy priority=high\n"
				      "name=ctx99 client=6\n");
	EXPECT_EQ(queues[0].said("client"), "5");
	EXPECT_EQ(queues[0].said("class"), "copy");
	EXPECT_EQ(queues[0].said("profile"), "-");
	EXPECT_EQ(queues[1].said("client"), "-");
}

TEST(Queues, CountersHaveNamesAndNumbers)
{
	const auto counters = info::parse_counters("resets: 3\nbans:  0\nnonsense\nword: x\n");

	EXPECT_EQ(counters.size(), 2u);
	EXPECT_EQ(counters.at("resets"), 3u);
	EXPECT_EQ(counters.at("bans"), 0u);
}

TEST(Queues, AReportNamesEachAndWhatBlocksIt)
{
	info::DebugFs debugfs;
	debugfs.queues = info::parse_queues(view);
	debugfs.counters = {{"resets", 3}};
	const std::string report = info::describe_queues(debugfs);

	EXPECT_NE(report.find("ctx3"), std::string::npos) << report;
	EXPECT_NE(report.find("12/100"), std::string::npos) << report;
	EXPECT_NE(report.find("blocked by fence=9:4"), std::string::npos) << report;
	EXPECT_NE(report.find("counters: resets 3"), std::string::npos) << report;
	debugfs.missing = "no debugfs";
	EXPECT_EQ(info::describe_queues(debugfs), "no queues: no debugfs\n");
}

} // namespace
