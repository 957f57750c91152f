/* SPDX-License-Identifier: MIT */
#include <gtest/gtest.h>

#include <info/fdinfo.h>

namespace
{

constexpr const char *text = "pos:\t0\n"
			     "flags:\t02100002\n"
			     "drm-driver:\tvgpu_fw\n"
			     "drm-client-id:\t7\n"
			     "drm-client-name:\tsome name\n"
			     "drm-engine-compute:\t1234567890123 ns\n"
			     "drm-engine-capacity-compute:\t2\n"
			     "drm-engine-copy:\t5 ns\n"
			     "drm-total-memory:\t12 KiB\n"
			     "drm-shared-memory:\t0\n"
			     "drm-resident-memory:\t3 MiB\n"
			     "drm-active-memory:\t17\n"
			     "drm-unheard-of:\tyes, it is\n"
			     "vgpu-jobs:\t99\n";

TEST(FdInfo, HasWhatTheKernelSays)
{
	const auto found = info::parse_fdinfo(text);

	ASSERT_TRUE(found);
	EXPECT_EQ(found->driver, "vgpu_fw");
	EXPECT_EQ(found->client_id, 7u);
	EXPECT_EQ(found->client_name, "some name");
	ASSERT_EQ(found->engines.size(), 2u);
	EXPECT_EQ(found->engines.at("compute"), (info::EngineUse{1234567890123, 2}));
	EXPECT_EQ(found->engines.at("copy"), (info::EngineUse{5, 1}));
	ASSERT_EQ(found->memory.size(), 1u);
	EXPECT_EQ(found->memory.at("memory"), (info::MemoryUse{12 << 10, 0, 3 << 20, 0, 17}));
	EXPECT_EQ(found->other.size(), 2u);
	EXPECT_EQ(found->other.at("drm-unheard-of"), "yes, it is");
	EXPECT_EQ(found->other.at("vgpu-jobs"), "99");
}

TEST(FdInfo, IsNothingForOtherFiles)
{
	EXPECT_FALSE(info::parse_fdinfo("pos:\t0\nflags:\t02\nmnt_id:\t9\n"));
	EXPECT_FALSE(info::parse_fdinfo("drm-driver:\tvgpu_fw\n")) << "no client";
	EXPECT_FALSE(info::parse_fdinfo("drm-driver:\tvgpu_fw\ndrm-client-id:\tx\n"));
	EXPECT_FALSE(info::parse_fdinfo(""));
}

TEST(FdInfo, TakesNoNonsenseForANumber)
{
	const auto found = info::parse_fdinfo("drm-driver:\tvgpu_fw\ndrm-client-id:\t1\n"
					      "drm-engine-compute:\tmany ns\n"
					      "drm-engine-copy:\t5 s\n"
					      "drm-engine-capacity-copy:\t0\n"
					      "drm-total-memory:\t12 GB\n");

	ASSERT_TRUE(found);
	EXPECT_TRUE(found->engines.empty());
	EXPECT_TRUE(found->memory.empty());
}

} // namespace
