/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vgpu/error.h>

#include <common/file.h>
#include <common/table.h>
#include <common/text.h>

namespace
{

using ::testing::ElementsAre;

TEST(ToolText, NumbersAreForPeople)
{
	EXPECT_EQ(tool::grouped(0), "0");
	EXPECT_EQ(tool::grouped(999), "999");
	EXPECT_EQ(tool::grouped(1234567), "1,234,567");
	EXPECT_EQ(tool::duration(999), "999 ns");
	EXPECT_EQ(tool::duration(1000), "1.00 us");
	EXPECT_EQ(tool::duration(12345), "12.3 us");
	EXPECT_EQ(tool::duration(123456789), "123 ms");
	EXPECT_EQ(tool::duration(2.5e9), "2.50 s");
	EXPECT_EQ(tool::bytes(0), "0 B");
	EXPECT_EQ(tool::bytes(1536), "1.50 KiB");
	EXPECT_EQ(tool::bytes(256 << 20), "256 MiB");
}

TEST(ToolText, IsTakenApart)
{
	EXPECT_THAT(tool::words("  a bc\td \n"), ElementsAre("a", "bc", "d"));
	EXPECT_THAT(tool::lines("a\n\nb"), ElementsAre("a", "", "b"));
	EXPECT_EQ(tool::trimmed(" \t "), "");
	EXPECT_EQ(tool::number("12"), 12u);
	for (const char *wrong : {"", "12x", " 12", "-1", "99999999999999999999"})
		EXPECT_FALSE(tool::number(wrong)) << wrong;

	const auto fields = tool::fields("a=1 b c=x=y =z");
	EXPECT_EQ(fields.size(), 2u);
	EXPECT_EQ(fields.at("a"), "1");
	EXPECT_EQ(fields.at("c"), "x=y");
}

TEST(ToolTable, HasStraightColumns)
{
	tool::Table table({"NAME", "N"});

	table.row({"a", "5"});
	table.row({"longer", "1,234"});
	EXPECT_THAT(table.lines(), ElementsAre("NAME        N", "a           5", "longer  1,234"));
}

TEST(ToolFile, SaysWhatItCanNotDo)
{
	const std::string folder = ::testing::TempDir();

	EXPECT_FALSE(tool::try_read_file(folder + "/nothing/here"));
	EXPECT_THROW(tool::read_file(folder + "/nothing/here"), vgpu::Error);
	EXPECT_THROW(tool::write_file(folder + "/nothing/here", "x"), vgpu::Error);
	EXPECT_THROW(tool::write_file("/dev/full", "x"), vgpu::Error) << "the disk is full";
}

TEST(ToolFile, ReadsWhatItWrote)
{
	const std::string path = ::testing::TempDir() + "/tool-file-" + std::to_string(getpid());
	const std::string text(100000, 'x');

	tool::write_file(path, text);
	EXPECT_EQ(tool::read_file(path), text);
	unlink(path.c_str());
}

} // namespace
