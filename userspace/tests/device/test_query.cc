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
	EXPECT_GE(info.max_bos, 1u);
	EXPECT_GE(info.max_timeout_ms, 10u);
	EXPECT_GT(info.slice_ns, 0u);
	EXPECT_GT(info.preempt_timeout_ns, 0u);
}

/* It is what a STORE of the time writes. */
TEST_F(Query, TheDevicesClockGoesOn)
{
	std::uint64_t last = gpu.device.device_time();

	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(100'000).store_timestamp(
				  gpu.data_address(0))),
			  1);
		EXPECT_GT(gpu.data(0), last);
		last = gpu.device.device_time();
		EXPECT_GE(last, gpu.data(0));
	}
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
	/* The clock has gone on meanwhile. */
	drm_vgpu_info got;
	std::memcpy(&got, answer, sizeof(got));
	EXPECT_GE(got.device_time_ns, gpu.device.info().device_time_ns);
	got.device_time_ns = gpu.device.info().device_time_ns;
	EXPECT_EQ(std::memcmp(&got, &gpu.device.info(), sizeof(got)), 0);
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
