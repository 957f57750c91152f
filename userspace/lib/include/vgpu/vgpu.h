/* SPDX-License-Identifier: MIT */
#pragma once

/** @file libvgpu: everything in one include. */

#include <vgpu/array.h>
#include <vgpu/bind.h>
#include <vgpu/buffer.h>
#include <vgpu/command.h>
#include <vgpu/deadline.h>
#include <vgpu/device.h>
#include <vgpu/dma_buf.h>
#include <vgpu/error.h>
#include <vgpu/exec.h>
#include <vgpu/ioctl.h>
#include <vgpu/queue.h>
#include <vgpu/sync_file.h>
#include <vgpu/sync_list.h>
#include <vgpu/syncobj.h>
#include <vgpu/unique_fd.h>
#include <vgpu/vm.h>
