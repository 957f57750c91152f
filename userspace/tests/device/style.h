/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include "context.h"

/** How a queue is driven. To a client all look alike, so what it is promised holds for each. */
struct Style {
	std::string name;
	drm_vgpu_profile profile;
	std::uint32_t flags;
	drm_vgpu_engine_class engine_class;

	vgpu::QueueOptions options() const
	{
		vgpu::QueueOptions options;

		options.engine_class = engine_class;
		options.flags = flags;
		options.profile = profile;
		return options;
	}
};

/**
 * Every profile with both ways of completion, half of them on each class of engine. What the driver
 * doesn't have is left out, which is said on the standard error.
 */
std::vector<Style> all_styles();

/** Whether a queue of this style is drained before it is destroyed, whatever the client asks for.
 */
inline bool always_drains(const Style &style)
{
	return style.profile == DRM_VGPU_PROFILE_NOUVEAU;
}

/** A test of one style. */
class StyleTest : public DeviceTest, public ::testing::WithParamInterface<Style>
{
protected:
	vgpu::Queue make() { return {gpu.device, gpu.vm, GetParam().options()}; }
	vgpu::Queue make_patient()
	{
		return {gpu.device, gpu.vm, patient(gpu.device, GetParam().options())};
	}
};

/** The program that stores 1, 2, ... into a word, with so many ns of device time after each. */
inline vgpu::CommandWriter counting(std::uint64_t word_va, std::uint64_t count, std::uint64_t ns)
{
	vgpu::CommandWriter program;

	for (std::uint64_t i = 1; i <= count; i++)
		program.store(word_va, i).delay(ns);
	return program;
}

/** Words of one step of it: a store and a delay. */
inline constexpr std::uint32_t counting_step_words = 5;
/** Of the store alone. */
inline constexpr std::uint32_t counting_store_words = 3;

/** How many steps have stored when the next command is at this word. */
inline std::uint64_t counted_at(std::uint32_t word)
{
	return word / counting_step_words + (word % counting_step_words >= counting_store_words);
}
