/* SPDX-License-Identifier: MIT */
#include <vgpu/dma_buf.h>

#include <cerrno>

#include <linux/dma-buf.h>
#include <sys/ioctl.h>

#include <vgpu/error.h>

namespace vgpu
{

namespace
{

__u32 flags_of(BufferUse use)
{
	return use == BufferUse::read ? DMA_BUF_SYNC_READ : DMA_BUF_SYNC_WRITE;
}

} // namespace

UniqueFd dma_buf_export_sync_file(int dma_buf, BufferUse use)
{
	struct dma_buf_export_sync_file args = {};

	args.flags = flags_of(use);
	args.fd = -1;
	if (ioctl(dma_buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &args) < 0)
		throw Error(errno, "DMA_BUF_IOCTL_EXPORT_SYNC_FILE",
			    "take the fences out of a buffer");
	return UniqueFd(args.fd);
}

void dma_buf_import_sync_file(int dma_buf, BufferUse use, int sync_file)
{
	struct dma_buf_import_sync_file args = {};

	args.flags = flags_of(use);
	args.fd = sync_file;
	if (ioctl(dma_buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &args) < 0)
		throw Error(errno, "DMA_BUF_IOCTL_IMPORT_SYNC_FILE", "put a fence into a buffer");
}

} // namespace vgpu
