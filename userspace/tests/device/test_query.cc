/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>

#include "context.h"

namespace
{

class Query : public DeviceTest
{
protected:
	int query(std::uint32_t what, std::uint32_t &size, const void *ptr)
	{
		drm_vgpu_query_args args = {};

		args.what = what;
		args.size = size;
		args.ptr = reinterpret_cast<__u64>(ptr);
		const int result = gpu.ioctl(DRM_IOCTL_VGPU_QUERY, &args);
		size = args.size;
		return result;
	}
};

TEST_F(Query, LimitsMakeSense)
{
	const drm_vgpu_info &info = gpu.device.info();

	EXPECT_GT(info.va_start, 0u) << "address 0 must never be mapped";
	EXPECT_GT(info.va_end, info.va_start);
	EXPECT_EQ(info.va_start % info.page_size, 0u);
	EXPECT_EQ(info.va_end % info.page_size, 0u);
	EXPECT_EQ(info.page_size, 4096u);
	EXPECT_GE(info.max_command_bytes, info.page_size);
	EXPECT_GE(info.max_vms, 1u);
	EXPECT_GE(info.max_queues, 1u);
	EXPECT_GE(info.max_jobs, 1u);
	EXPECT_GE(info.max_calls, 1u);
	EXPECT_GE(info.max_syncs, 1u);
	EXPECT_GE(info.max_bind_ops, 1u);
	EXPECT_GE(info.max_ring_words, 64u);
	EXPECT_EQ(info.max_ring_words & (info.max_ring_words - 1), 0u);
	EXPECT_GT(info.max_bo_bytes, 1u << 20);
}

TEST_F(Query, EachClassOfEnginesIsListedOnce)
{
	std::map<std::uint32_t, std::uint32_t> counts;

	for (const drm_vgpu_engine_info &engine : gpu.device.engines()) {
		EXPECT_EQ(counts.count(engine.engine_class), 0u);
		counts[engine.engine_class] = engine.count;
	}
	EXPECT_GE(counts[DRM_VGPU_ENGINE_COMPUTE], 1u);
	EXPECT_GE(counts[DRM_VGPU_ENGINE_COPY], 1u);
}

TEST_F(Query, SizeZeroAsksForTheSize)
{
	std::uint32_t size = 0;

	ASSERT_EQ(query(DRM_VGPU_QUERY_INFO, size, nullptr), 0);
	EXPECT_GE(size, sizeof(drm_vgpu_info));
	size = 0;
	ASSERT_EQ(query(DRM_VGPU_QUERY_ENGINES, size, nullptr), 0);
	EXPECT_GE(size, 2 * sizeof(drm_vgpu_engine_info));
}

TEST_F(Query, ASmallerSizeGetsTheBeginning)
{
	drm_vgpu_info info;
	std::uint32_t size = 24;

	std::memset(&info, 0xa5, sizeof(info));
	ASSERT_EQ(query(DRM_VGPU_QUERY_INFO, size, &info), 0);
	EXPECT_GE(size, sizeof(drm_vgpu_info)) << "the size of the whole answer";
	EXPECT_EQ(std::memcmp(&info, &gpu.device.info(), 24), 0);
	EXPECT_EQ(info.page_size, 0xa5a5a5a5) << "bytes that were not asked for were written";
}

TEST_F(Query, ALargerSizeLeavesTheRestAlone)
{
	unsigned char answer[sizeof(drm_vgpu_info) + 64];
	std::uint32_t size = sizeof(answer);

	std::memset(answer, 0xa5, sizeof(answer));
	ASSERT_EQ(query(DRM_VGPU_QUERY_INFO, size, answer), 0);
	EXPECT_EQ(size, sizeof(drm_vgpu_info));
	EXPECT_EQ(std::memcmp(answer, &gpu.device.info(), sizeof(drm_vgpu_info)), 0);
	for (std::size_t i = sizeof(drm_vgpu_info); i < sizeof(answer); i++)
		ASSERT_EQ(answer[i], 0xa5);
}

struct QueryMistake {
	const char *name;
	int error;
	std::function<void(drm_vgpu_query_args &)> make;
};

class QueryNegative : public DeviceTest, public ::testing::WithParamInterface<QueryMistake>
{
};

TEST_P(QueryNegative, IsRefusedAndWritesNothing)
{
	drm_vgpu_info info;
	drm_vgpu_query_args args = {};

	std::memset(&info, 0xa5, sizeof(info));
	args.what = DRM_VGPU_QUERY_INFO;
	args.size = sizeof(info);
	args.ptr = reinterpret_cast<__u64>(&info);
	GetParam().make(args);
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUERY, &args), GetParam().error);
	EXPECT_EQ(info.page_size, 0xa5a5a5a5);
}

INSTANTIATE_TEST_SUITE_P(
	Mistakes, QueryNegative,
	::testing::Values(
		QueryMistake{"UnknownQuestion", -EINVAL, [](auto &args) { args.what = 2; }},
		QueryMistake{"HighestQuestion", -EINVAL, [](auto &args) { args.what = ~0u; }},
		QueryMistake{"PointerWithoutSize", -EINVAL, [](auto &args) { args.size = 0; }},
		QueryMistake{"NoPointer", -EFAULT, [](auto &args) { args.ptr = 0; }},
		QueryMistake{"PointerToNowhere", -EFAULT,
			     [](auto &args) { args.ptr = 0x7ffffffff000 - 8; }},
		QueryMistake{"PointerIntoTheKernel", -EFAULT,
			     [](auto &args) { args.ptr = 0xffffffff80000000; }}),
	name_of<QueryMistake>);

} // namespace
