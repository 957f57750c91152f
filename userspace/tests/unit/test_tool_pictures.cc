/* SPDX-License-Identifier: MIT */
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <common/file.h>
#include <trace/markup.h>
#include <trace/page.h>
#include <trace/perfetto.h>
#include <trace/picture.h>
#include <trace/summary.h>

namespace
{

std::size_t count(const std::string &text, const std::string &what)
{
	std::size_t times = 0;

	for (std::size_t at = text.find(what); at != std::string::npos;
	     at = text.find(what, at + what.size()))
		times++;
	return times;
}

/* Each element that begins ends, in the right order: a reader of XML would refuse anything else. */
void expect_well_formed(const std::string &text)
{
	std::vector<std::string> open;

	for (std::size_t at = text.find('<'); at != std::string::npos;
	     at = text.find('<', at + 1)) {
		const std::size_t end = text.find('>', at);
		ASSERT_NE(end, std::string::npos);
		const std::string tag = text.substr(at + 1, end - at - 1);
		const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));

		if (tag[0] == '/') {
			ASSERT_FALSE(open.empty()) << tag;
			EXPECT_EQ(open.back(), tag.substr(1));
			open.pop_back();
		} else if (tag.back() != '/') {
			open.push_back(name);
		}
	}
	EXPECT_TRUE(open.empty()) << open.back();
}

std::pair<int, int> track_of(const nlohmann::json &event)
{
	return {event["pid"].get<int>(), event["tid"].get<int>()};
}

/* What a kernel recorded while a program ran. */
class Recorded : public ::testing::Test
{
protected:
	trace::Timeline timeline_ =
		trace::make_timeline(trace::parse_raw(tool::read_file(DATA_DIR "/run.trace.txt")));
	trace::Window window_ = trace::choose_window(timeline_, {});
};

TEST_F(Recorded, IsARunOfManyJobs)
{
	std::size_t dependencies = 0, blocked = 0;

	EXPECT_GE(timeline_.queues.size(), 2u);
	EXPECT_GE(timeline_.job_count(), 20u);
	EXPECT_FALSE(timeline_.kernel.empty());
	EXPECT_FALSE(timeline_.command.empty());
	for (const trace::Queue &queue : timeline_.queues) {
		EXPECT_EQ(queue.device, "vgpu_fw");
		EXPECT_GT(queue.client(), 0u);
		for (const trace::Job &job : queue.jobs) {
			EXPECT_TRUE(job.ran()) << to_string(job.fence);
			EXPECT_TRUE(job.queued) << to_string(job.fence);
			dependencies += job.dependencies.size();
			blocked += job.blocked.size();
		}
	}
	EXPECT_GT(dependencies, 0u);
	EXPECT_GT(blocked, 0u);
}

TEST_F(Recorded, MakesATraceForPerfetto)
{
	const auto json = nlohmann::json::parse(trace::to_perfetto(timeline_));
	std::map<std::string, int> kinds;
	std::map<std::pair<int, int>, double> ends;
	std::set<std::pair<int, int>> named;

	for (const auto &event : json["traceEvents"]) {
		const std::string kind = event["ph"];

		kinds[kind]++;
		if (kind == "M") {
			named.insert(track_of(event));
			continue;
		}
		EXPECT_GE(event["ts"].get<double>(), 0);
		if (kind != "X")
			continue;
		EXPECT_GE(event["dur"].get<double>(), 0);
		EXPECT_TRUE(named.contains(track_of(event))) << "the track has no name: " << event;
		/* Slices of a track must not overlap, or they are shown as if one called the other.
		 */
		double &end = ends[track_of(event)];
		if (event["pid"] == 1) {
			EXPECT_GE(event["ts"].get<double>(), end - 0.0005) << event;
			end = event["ts"].get<double>() + event["dur"].get<double>();
		}
	}
	EXPECT_GE(kinds["X"], static_cast<int>(timeline_.job_count()));
	EXPECT_GT(kinds["s"], 0);
	EXPECT_EQ(kinds["s"], kinds["f"]);
	EXPECT_GT(kinds["C"], 0);
	EXPECT_EQ(json["otherData"]["kernel"], timeline_.kernel);
}

TEST_F(Recorded, TheGraphsEndWithNoJobs)
{
	const auto json = nlohmann::json::parse(trace::to_perfetto(timeline_));
	std::map<std::string, nlohmann::json> last;

	for (const auto &event : json["traceEvents"])
		if (event["ph"] == "C") {
			EXPECT_GE(event["args"]["waiting"], 0);
			EXPECT_GE(event["args"]["in flight"], 0);
			last[event["name"]] = event["args"];
		}
	EXPECT_EQ(last.size(), timeline_.queues.size());
	for (const auto &[name, args] : last) {
		EXPECT_EQ(args["waiting"], 0) << name;
		EXPECT_EQ(args["in flight"], 0) << name;
	}
}

TEST_F(Recorded, MakesAPicture)
{
	const std::string svg = trace::to_svg(timeline_, window_);

	expect_well_formed(svg);
	EXPECT_EQ(count(svg, "class=\"job\""), timeline_.job_count());
	EXPECT_GT(count(svg, "class=\"wait\""), 1u);
	EXPECT_GT(count(svg, "class=\"block\""), 1u);
	EXPECT_GT(count(svg, "class=\"held\"") + count(svg, "class=\"dep\""), 0u);
	for (const trace::Queue &queue : timeline_.queues)
		EXPECT_GE(count(svg, queue.name + ", client"), 2u) << "in the overview and below";
	for (const char *wrong : {"nan", "inf", "width=\"-"})
		EXPECT_EQ(count(svg, wrong), 0u) << wrong;
}

TEST_F(Recorded, APartHasFewerJobs)
{
	trace::WindowOptions options;

	options.most_jobs = 5;
	const std::string svg = trace::to_svg(timeline_, trace::choose_window(timeline_, options));
	EXPECT_LT(count(svg, "class=\"job\""), timeline_.job_count());
	EXPECT_GE(count(svg, "class=\"job\""), 1u);
}

TEST_F(Recorded, MakesAPageThatNeedsNothingElse)
{
	const std::string page = trace::to_html(timeline_, trace::summarise(timeline_), window_);

	EXPECT_EQ(count(page, "<svg"), 1u);
	EXPECT_EQ(count(page, "</html>"), 1u);
	EXPECT_EQ(count(page, "<tr>"), timeline_.queues.size() + 1);
	for (const trace::Queue &queue : timeline_.queues)
		EXPECT_EQ(count(page, "<td>" + queue.name + "</td>"), 1u);
	for (const char *foreign : {"<link", "src=", "@import"})
		EXPECT_EQ(count(page, foreign), 0u) << foreign;
	EXPECT_EQ(count(page, "lost"), 1u) << "nothing is lost but the style for it";
	timeline_.lost = 3;
	EXPECT_GT(count(trace::to_html(timeline_, trace::summarise(timeline_), window_), "lost"),
		  1u);
}

TEST_F(Recorded, NamesCanNotBreakThePicture)
{
	timeline_.command = "a & b < \"c\" \x01";
	timeline_.queues[0].name = "<queue>";
	expect_well_formed(trace::to_svg(timeline_, window_));
	EXPECT_EQ(trace::escaped(timeline_.command), "a &amp; b &lt; &quot;c&quot; ?");
}

} // namespace
