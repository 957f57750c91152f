/* SPDX-License-Identifier: MIT */
#pragma once

#include <vgpu/unique_fd.h>

namespace vgpu
{

/** What somebody is going to do with a buffer; decides which of its fences matter. */
enum class BufferUse { read, write };

/**
 * The fences that a user of an exported buffer has to wait for, as a sync file.
 *
 * To read it one waits for the writers, to write for everybody.
 */
UniqueFd dma_buf_export_sync_file(int dma_buf, BufferUse use);

/** Makes later users of an exported buffer wait for the fence of a sync file. */
void dma_buf_import_sync_file(int dma_buf, BufferUse use, int sync_file);

} // namespace vgpu
