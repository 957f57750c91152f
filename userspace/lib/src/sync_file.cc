/* SPDX-License-Identifier: MIT */
#include <vgpu/sync_file.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include <vgpu/error.h>

namespace vgpu
{

namespace
{

/** Asks for as many fences as there is room for; none asks how many there are. */
struct sync_file_info ask(int fd, std::vector<sync_fence_info> &fences)
{
	struct sync_file_info info = {};

	info.num_fences = static_cast<__u32>(fences.size());
	info.sync_fence_info = reinterpret_cast<__u64>(fences.data());
	if (ioctl(fd, SYNC_IOC_FILE_INFO, &info) < 0)
		throw Error(errno, "SYNC_IOC_FILE_INFO", "ask a sync file for its fences");
	fences.resize(info.num_fences);
	return info;
}

template <std::size_t size>
std::string text(const char (&field)[size])
{
	return std::string(field, strnlen(field, size));
}

} // namespace

std::vector<FenceInfo> sync_file_fences(int fd)
{
	std::vector<sync_fence_info> fences;
	std::vector<FenceInfo> found;

	ask(fd, fences); /* none there is room for: says how many there are */
	ask(fd, fences);
	for (const sync_fence_info &fence : fences)
		found.push_back({text(fence.driver_name), text(fence.obj_name), fence.status});
	return found;
}

std::string sync_file_name(int fd)
{
	std::vector<sync_fence_info> none;

	return text(ask(fd, none).name);
}

UniqueFd merge_sync_files(const char *name, int a, int b)
{
	sync_merge_data args = {};

	std::strncpy(args.name, name, sizeof(args.name) - 1);
	args.fd2 = b;
	if (ioctl(a, SYNC_IOC_MERGE, &args) < 0)
		throw Error(errno, "SYNC_IOC_MERGE", "merge two sync files");
	return UniqueFd(args.fence);
}

} // namespace vgpu
