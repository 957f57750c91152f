/* SPDX-License-Identifier: MIT */
#include <gtest/gtest.h>

#include <info/json.h>
#include <info/report.h>
#include <info/usage.h>

namespace
{

using namespace std::chrono_literals;

info::Client client(std::uint64_t id, std::uint64_t busy_ns, std::uint64_t capacity)
{
	info::Client client;

	client.use.client_id = id;
	client.use.engines["compute"] = {busy_ns, capacity};
	client.use.memory["memory"].total = 1 << 20;
	client.holders = {{42, "program"}};
	return client;
}

info::QueueView queue(std::uint64_t context, std::uint64_t next, std::uint64_t busy_ns,
		      const char *owner)
{
	info::QueueView queue;

	queue.context = context;
	queue.name = "ctx" + std::to_string(context);
	queue.first_unfinished = next;
	queue.busy_ns = busy_ns;
	if (owner) {
		queue.driver["client"] = owner;
		queue.driver["runtime_ns"] = std::to_string(busy_ns / 2);
	}
	return queue;
}

class Usage : public ::testing::Test
{
protected:
	Usage()
	{
		before.at = {};
		after.at = before.at + 2s;
		before.clients = {client(1, 500, 2)};
		after.clients = {client(1, 500 + 2'000'000'000, 2), client(9, 1'000'000'000, 1)};
		before.debugfs.queues = {queue(7, 11, 0, "1")};
		after.debugfs.queues = {queue(7, 31, 1'000'000'000, "1"),
					queue(8, 101, 9, nullptr)};
	}

	info::Snapshot before, after;
};

TEST_F(Usage, IsTheDifferenceByTime)
{
	const info::Usage usage = info::usage_between(before, after);

	EXPECT_DOUBLE_EQ(usage.seconds, 2);
	ASSERT_EQ(usage.clients.size(), 2u);
	EXPECT_DOUBLE_EQ(usage.clients[0].busy.at("compute"), 0.5) << "2 s of 2 engines' 4 s";
	EXPECT_DOUBLE_EQ(usage.clients[1].busy.at("compute"), 0.5) << "it is new";
	EXPECT_DOUBLE_EQ(usage.busy.at("compute"), 1);
	ASSERT_EQ(usage.queues.size(), 2u);
	EXPECT_DOUBLE_EQ(usage.queues[0].jobs_per_second, 10);
	EXPECT_DOUBLE_EQ(usage.queues[0].busy, 0.5);
	EXPECT_DOUBLE_EQ(usage.queues[0].engine.value(), 0.25);
	EXPECT_FALSE(usage.queues[1].engine) << "nobody says";
	EXPECT_DOUBLE_EQ(usage.queues[1].jobs_per_second, 50) << "it is new: 100 jobs in 2 s";
	EXPECT_DOUBLE_EQ(usage.clients[0].jobs_per_second, 10);
	EXPECT_DOUBLE_EQ(usage.clients[1].jobs_per_second, 0);
	EXPECT_DOUBLE_EQ(usage.jobs_per_second, 60);
}

TEST_F(Usage, ACounterThatWentBackBeginsAgain)
{
	before.clients = {client(1, UINT64_MAX, 2)};
	EXPECT_GT(info::usage_between(before, after).clients[0].busy.at("compute"), 0.4);
	EXPECT_LT(info::usage_between(before, after).clients[0].busy.at("compute"), 0.6);
}

TEST_F(Usage, WithoutTimeThereIsNone)
{
	after.at = before.at;
	EXPECT_TRUE(info::usage_between(before, after).clients.empty());
}

TEST_F(Usage, IsTold)
{
	std::string text;

	for (const std::string &line : info::describe_usage(info::usage_between(before, after)))
		text += line + "\n";
	EXPECT_NE(text.find("compute 100.0%"), std::string::npos) << text;
	EXPECT_NE(text.find("program(42)"), std::string::npos) << text;
	EXPECT_LT(text.find("ctx8"), text.find("ctx7")) << "the busiest first\n" << text;

	const auto json = info::to_json(info::usage_between(before, after));
	EXPECT_DOUBLE_EQ(json["clients"][0]["busy"]["compute"], 0.5);
	EXPECT_EQ(json["queues"][0]["name"], "ctx7");
	EXPECT_DOUBLE_EQ(json["queues"][0]["jobs_per_second"], 10);
	EXPECT_EQ(json["clients"][0]["memory"]["memory"]["total"], 1 << 20);
}

TEST_F(Usage, TellsWhyThereAreNoQueues)
{
	after.debugfs.missing = "not mounted";
	const auto usage = info::usage_between(before, after);

	EXPECT_EQ(info::describe_usage(usage).back(), "no queues: not mounted");
	EXPECT_EQ(info::to_json(usage)["queues_missing"], "not mounted");
}

} // namespace
