/* SPDX-License-Identifier: MIT */
#include <gtest/gtest.h>

#include <common/file.h>
#include <common/text.h>
#include <info/fdinfo.h>
#include <info/queues.h>

namespace
{

/* What a kernel said while vgpu-bench ran, without the line that we have put above. */
std::string recorded(const char *name)
{
	const std::string text = tool::read_file(std::string(DATA_DIR "/") + name);

	return text.substr(text.find('\n') + 1);
}

TEST(RecordedView, AFdinfoIsUnderstoodToItsEnd)
{
	const auto found = info::parse_fdinfo(recorded("fdinfo.txt"));

	ASSERT_TRUE(found);
	EXPECT_EQ(found->driver, "vgpu_fw");
	EXPECT_EQ(found->client_id, 4u);
	ASSERT_EQ(found->engines.size(), 2u);
	EXPECT_EQ(found->engines.at("compute"), (info::EngineUse{510400, 2}));
	EXPECT_EQ(found->engines.at("copy").capacity, 1u);
	EXPECT_EQ(found->memory.at("memory").total, 4096u);
	EXPECT_EQ(found->memory.at("memory").resident, 4096u);
	EXPECT_TRUE(found->other.empty()) << found->other.begin()->first;
}

TEST(RecordedView, TheDriverKnowsTheQueuesOfItsEngines)
{
	auto queues = info::parse_queues(recorded("queues.txt"));
	std::size_t known = 0;

	ASSERT_EQ(queues.size(), 5u);
	info::add_driver_view(queues, recorded("driver-queues.txt"));
	for (const info::QueueView &queue : queues) {
		EXPECT_EQ(queue.device, "vgpu_fw");
		if (queue.said("client") == "-")
			continue;
		known++;
		EXPECT_EQ(queue.said("client"), "4");
		EXPECT_EQ(queue.said("class"), "compute");
		EXPECT_EQ(queue.said("status"), "active");
		EXPECT_GT(tool::number(queue.said("runtime_ns")).value_or(0), 0u);
		EXPECT_GT(queue.finished(), 1000u);
	}
	EXPECT_EQ(known, 4u) << "the fifth is a bind queue";
}

TEST(RecordedView, CountersAreAllNumbers)
{
	const std::string text = recorded("counters.txt");
	const auto counters = info::parse_counters(text);

	EXPECT_EQ(counters.size(), tool::lines(text).size());
	EXPECT_GT(counters.at("jobs"), 0u);
	EXPECT_EQ(counters.at("resets"), 0u);
}

} // namespace
