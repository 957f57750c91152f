/* SPDX-License-Identifier: MIT */
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <info/options.h>
#include <trace/options.h>

namespace
{

using ::testing::ElementsAre;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

/* What a command line leads to, and what is said about it. */
template <class Options>
struct Parsed {
	template <class Parse>
	Parsed(Parse parse, std::vector<std::string> words)
	{
		std::vector<char *> argv;

		for (std::string &word : words)
			argv.push_back(word.data());
		argv.push_back(nullptr);
		CaptureStdout();
		CaptureStderr();
		code = parse(static_cast<int>(words.size()), argv.data(), options);
		error = GetCapturedStderr();
		output = GetCapturedStdout();
	}

	Options options;
	std::optional<int> code;
	std::string error, output;
};

Parsed<info::Options> info_of(std::vector<std::string> words)
{
	words.insert(words.begin(), "vgpu-info");
	return {info::parse, std::move(words)};
}

Parsed<trace::Options> trace_of(std::vector<std::string> words)
{
	words.insert(words.begin(), "vgpu-trace");
	return {trace::parse, std::move(words)};
}

TEST(InfoOptions, HaveCommands)
{
	EXPECT_EQ(info_of({}).options.command, info::Options::Command::all);
	EXPECT_EQ(info_of({"queues"}).options.command, info::Options::Command::queues);
	const auto top = info_of({"top", "-i", "0.5", "--count", "3", "--plain"});
	EXPECT_FALSE(top.code) << top.error;
	EXPECT_EQ(top.options.command, info::Options::Command::top);
	EXPECT_EQ(top.options.interval, 0.5);
	EXPECT_EQ(top.options.count, 3u);
	EXPECT_TRUE(top.options.plain);
	EXPECT_EQ(info_of({"top", "--once"}).options.count, 1u);
}

TEST(InfoOptions, JsonMayHaveAFile)
{
	EXPECT_EQ(info_of({}).options.json_file, "");
	EXPECT_EQ(info_of({"--json"}).options.json_file, "-");
	EXPECT_EQ(info_of({"--json", "x.json"}).options.json_file, "x.json");
	const auto after = info_of({"device", "--json"});
	EXPECT_FALSE(after.code) << after.error;
	EXPECT_EQ(after.options.json_file, "-");
	EXPECT_EQ(after.options.command, info::Options::Command::device);
	EXPECT_EQ(info_of({"--json", "device"}).options.json_file, "-") << "it is a command";
}

TEST(InfoOptions, WrongOnesAreRefused)
{
	for (const std::vector<std::string> &wrong :
	     std::vector<std::vector<std::string>>{{"nonsense"},
						   {"--nonsense"},
						   {"device", "queues"},
						   {"top", "--interval", "0"},
						   {"top", "--interval", "soon"},
						   {"top", "--count", "-1"},
						   {"top", "--once", "--count", "2"},
						   {"--proc", "/nowhere"}}) {
		const auto parsed = info_of(wrong);

		EXPECT_EQ(parsed.code, 2) << wrong[0];
		EXPECT_NE(parsed.error.find("--help"), std::string::npos) << parsed.error;
	}
}

TEST(InfoOptions, HelpIsNoError)
{
	const auto parsed = info_of({"--help"});

	EXPECT_EQ(parsed.code, 0);
	for (const char *word : {"device", "clients", "queues", "top", "--json", "Exit code"})
		EXPECT_NE(parsed.output.find(word), std::string::npos) << word;
}

TEST(TraceOptions, TheCommandIsWhatIsBehindTheDashes)
{
	const auto parsed = trace_of({"record", "-o", "x", "--json", "--", "ls", "--json", "-l"});

	EXPECT_FALSE(parsed.code) << parsed.error;
	EXPECT_THAT(parsed.options.recording.command, ElementsAre("ls", "--json", "-l"));
	EXPECT_EQ(parsed.options.output, "x");
	EXPECT_EQ(parsed.options.json_file, "-");
	EXPECT_EQ(trace_of({"record", "--seconds", "2"}).options.recording.seconds, 2);
}

TEST(TraceOptions, ConvertTakesAFile)
{
	const auto parsed =
		trace_of({"convert", "a.txt", "--from", "1", "--until", "2", "--svg", "-"});

	EXPECT_FALSE(parsed.code) << parsed.error;
	EXPECT_EQ(parsed.options.command, trace::Options::Command::convert);
	EXPECT_EQ(parsed.options.input, "a.txt");
	EXPECT_EQ(parsed.options.window.from_ms, 1);
	EXPECT_EQ(parsed.options.svg_file, "-");
	EXPECT_EQ(trace_of({"convert", "-"}).options.input, "-");
	EXPECT_EQ(trace_of({"events"}).options.command, trace::Options::Command::events);
}

TEST(TraceOptions, WrongOnesAreRefused)
{
	for (const std::vector<std::string> &wrong :
	     std::vector<std::vector<std::string>>{{},
						   {"record"},
						   {"record", "--"},
						   {"record", "ls"},
						   {"record", "--seconds", "1", "--", "ls"},
						   {"record", "--seconds", "0"},
						   {"record", "--buffer", "1", "--", "ls"},
						   {"convert"},
						   {"convert", "a", "b"},
						   {"convert", "a", "--", "ls"},
						   {"convert", "a", "--most-jobs", "0"},
						   {"events", "a"},
						   {"nonsense"}}) {
		const auto parsed = trace_of(wrong);

		EXPECT_EQ(parsed.code, 2) << ::testing::PrintToString(wrong);
		EXPECT_NE(parsed.error.find("--help"), std::string::npos) << parsed.error;
	}
}

} // namespace
