/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <cerrno>
#include <csignal>
#include <exception>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vgpu/error.h>

#include "context.h"

namespace
{

void make_pipe(vgpu::UniqueFd (&ends)[2])
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		throw vgpu::Error(errno, "pipe2", "make a pipe to a child process");
	ends[0].reset(fds[0]);
	ends[1].reset(fds[1]);
}

bool becomes_readable(int fd)
{
	pollfd p = {fd, POLLIN, 0};
	const int limit = static_cast<int>(
		std::chrono::duration_cast<std::chrono::milliseconds>(long_enough).count());

	return poll(&p, 1, limit) == 1;
}

} // namespace

Child::Child(const std::function<int(Child &self)> &body)
{
	make_pipe(to_parent_);
	make_pipe(to_child_);
	pid_ = fork();
	if (pid_ < 0)
		throw vgpu::Error(errno, "fork", "start a child process");
	if (pid_ > 0) {
		to_parent_[1].reset();
		to_child_[0].reset();
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	to_parent_[0].reset();
	to_child_[1].reset();
	int code = 99;
	try {
		code = body(*this);
	} catch (const std::exception &error) {
		dprintf(STDERR_FILENO, "child process: %s\n", error.what());
	}
	_exit(code);
}

Child::~Child()
{
	if (pid_ > 0) {
		::kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
}

void Child::ready()
{
	const char byte = 1;

	if (write(to_parent_[1].get(), &byte, 1) != 1)
		_exit(98);
}

void Child::wait_for_parent()
{
	char byte;

	if (read(to_child_[0].get(), &byte, 1) != 1)
		_exit(97);
}

bool Child::wait_until_ready()
{
	char byte;

	return becomes_readable(to_parent_[0].get()) && read(to_parent_[0].get(), &byte, 1) == 1;
}

void Child::go_on()
{
	const char byte = 1;

	if (write(to_child_[1].get(), &byte, 1) != 1)
		throw vgpu::Error(errno, "write", "let a child process go on");
}

void Child::kill()
{
	::kill(pid_, SIGKILL);
}

int Child::result()
{
	const vgpu::UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
	int status = 0;

	if (!ended || !becomes_readable(ended.get()) || waitpid(pid_, &status, 0) != pid_)
		return -1;
	pid_ = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
