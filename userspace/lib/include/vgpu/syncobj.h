/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <memory>

#include <vgpu/deadline.h>
#include <vgpu/device.h>

namespace vgpu
{

/** What a wait for a sync object waits for. */
enum class Until {
	/** A fence is there now, and it has signalled. None there is an error. */
	signalled,
	/** Somebody puts a fence there, and it signals. */
	submitted_and_signalled,
	/** Somebody puts a fence there. */
	submitted
};

/**
 * A sync object: holds a fence (binary), or a fence for each point (timeline).
 *
 * The kernel has one kind of object for both; the functions with a point are the timeline's.
 */
class Syncobj
{
public:
	explicit Syncobj(const Device &device, bool signalled = false);

	/** Takes part in a sync object that another file exported. */
	static Syncobj import(const Device &device, int fd);

	Syncobj(Syncobj &&other) noexcept;
	Syncobj &operator=(Syncobj &&other) noexcept;
	Syncobj(const Syncobj &) = delete;
	Syncobj &operator=(const Syncobj &) = delete;
	~Syncobj() { destroy(); }

	std::uint32_t handle() const noexcept { return handle_; }

	/** Waits. @return false when the deadline passed first. */
	bool wait(Deadline deadline, Until until = Until::signalled) const;
	bool wait(std::uint64_t point, Deadline deadline, Until until = Until::signalled) const;

	/** Puts a signalled fence there. */
	void signal();
	void signal(std::uint64_t point);

	/** Takes the fence out. */
	void reset();

	/** The highest point that has signalled. */
	std::uint64_t last_signalled_point() const;

	/** Puts the fence of @p source at @p source_point (0: binary) here at @p point. */
	void transfer(std::uint64_t point, const Syncobj &source, std::uint64_t source_point);

	/** The object itself, for another process or file. */
	UniqueFd export_fd() const;

	/** The fence that is in it now, as a sync file. */
	UniqueFd export_sync_file() const;

	/** Puts the fence of a sync file in. */
	void import_sync_file(int fd);

private:
	Syncobj(std::shared_ptr<Ioctl> io, std::uint32_t handle) noexcept;
	void destroy() noexcept;

	std::shared_ptr<Ioctl> io_;
	std::uint32_t handle_ = 0;
};

/**
 * How the fence in a sync file stands.
 *
 * @return 1 when it signalled with no error, 0 when it hasn't signalled, and the negative errno of
 * the job when it failed.
 */
int sync_file_status(int fd);

} // namespace vgpu
