/* SPDX-License-Identifier: MIT */
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bench/measurement.h>
#include <bench/report.h>
#include <common/command_line.h>
#include <common/statistics.h>

#include "fake_ioctl.h"

namespace
{

TEST(Statistics, AreThoseOfTheSamples)
{
	std::vector<double> samples;
	for (int i = 100; i >= 1; i--)
		samples.push_back(i);
	const tool::Summary summary = tool::summarise(samples);

	EXPECT_EQ(summary.count, 100u);
	EXPECT_EQ(summary.min, 1);
	EXPECT_EQ(summary.median, 50);
	EXPECT_EQ(summary.p99, 99);
	EXPECT_EQ(summary.max, 100);
	EXPECT_EQ(summary.spread, 50);
	EXPECT_EQ(tool::summarise({7}).p99, 7);
	EXPECT_EQ(tool::summarise({}).count, 0u);
	EXPECT_EQ(tool::quantile({1, 2}, 0), 1);
	EXPECT_EQ(tool::quantile({1, 2}, 1), 2);
}

TEST(Bench, MeasurementsHaveTitlesOfTheirOwn)
{
	std::set<std::string> titles;

	for (const bench::Measurement &measurement : bench::all_measurements()) {
		EXPECT_TRUE(titles.insert(measurement.title()).second) << measurement.title();
		EXPECT_FALSE(measurement.what.empty()) << measurement.title();
	}
	EXPECT_EQ(titles.count("throughput queues=4 jobs=16"), 1u);
}

TEST(Bench, OneMaySelect)
{
	for (const bench::Measurement &one : bench::select(bench::all_measurements(), {"chain"}))
		EXPECT_EQ(one.group, "chain");
	EXPECT_EQ(bench::select(bench::all_measurements(), {"chain queues=2", "bind way=async"})
			  .size(),
		  2u);
	EXPECT_EQ(bench::select(bench::all_measurements(), {}).size(),
		  bench::all_measurements().size());
	EXPECT_THROW(bench::select(bench::all_measurements(), {"chain", "nonsense"}),
		     tool::UsageError);
}

TEST(Bench, EachMeasuresAndLeavesNothingBehind)
{
	const auto io = std::make_shared<FakeIoctl>();
	bench::Rig rig{vgpu::Device(io)};
	const int before = io->alive();

	for (const bench::Measurement &measurement : bench::all_measurements()) {
		const auto results = measurement.run(rig, bench::Budget(0.001));

		EXPECT_EQ(io->alive(), before) << measurement.title();
		ASSERT_FALSE(results.empty()) << measurement.title();
		for (const bench::Result &result : results) {
			EXPECT_GE(result.samples.size(), 2u) << measurement.title();
			for (const double sample : result.samples)
				EXPECT_GT(sample, 0) << measurement.title();
		}
	}
}

TEST(Bench, ACallCarriesAsManyJobsAsItSays)
{
	const auto io = std::make_shared<FakeIoctl>();
	bench::Rig rig{vgpu::Device(io)};

	for (const auto &one :
	     bench::select(bench::all_measurements(), {"throughput queues=2 jobs=16"}))
		one.run(rig, bench::Budget(0.001));
	EXPECT_EQ(io->last_jobs.size(), 16u);
	EXPECT_EQ(io->last_syncs.back().size(), 1u);
	EXPECT_TRUE(io->last_syncs.front().empty());
}

TEST(Bench, AJobThatNeverFinishesIsAFailure)
{
	const auto io = std::make_shared<FakeIoctl>();
	bench::Rig rig{vgpu::Device(io)};

	io->fail_next(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, -ETIME);
	EXPECT_THROW(bench::select(bench::all_measurements(), {"latency"})[0].run(
			     rig, bench::Budget(0.001)),
		     std::runtime_error);
}

TEST(Bench, TheReportSaysOnWhat)
{
	bench::Setting setting;
	setting.kernel.release = "7.0";
	setting.engines = {{DRM_VGPU_ENGINE_COPY, 3}};
	setting.seconds = 0.5;
	const bench::Row row = {"chain queues=2",
				"link",
				"ns",
				"what",
				{{"queues", "2"}},
				tool::summarise({1000, 2000, 3000})};

	EXPECT_NE(bench::describe(setting).find("3 copy"), std::string::npos);
	EXPECT_NE(bench::describe(setting).find("Linux 7.0"), std::string::npos);
	EXPECT_NE(bench::describe(row).find("2.00 us"), std::string::npos) << bench::describe(row);
	const auto json = bench::to_json(setting, {row}, true);
	EXPECT_EQ(json["kernel"]["release"], "7.0");
	EXPECT_EQ(json["interrupted"], true);
	EXPECT_EQ(json["measurements"][0]["median"], 2000);
	EXPECT_EQ(json["measurements"][0]["parameters"]["queues"], "2");
}

} // namespace
