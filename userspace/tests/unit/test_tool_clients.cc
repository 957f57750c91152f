/* SPDX-License-Identifier: MIT */
#include <gtest/gtest.h>

#include <info/clients.h>
#include <info/report.h>
#include <info/snapshot.h>

#include "temporary_folder.h"

namespace
{

std::string fdinfo(const char *driver, int client)
{
	return std::string("drm-driver:\t") + driver + "\ndrm-client-id:\t" +
	       std::to_string(client) + "\ndrm-engine-copy:\t1000 ns\n";
}

class Clients : public ::testing::Test
{
protected:
	void open(int pid, int fd, const std::string &target, const std::string &text)
	{
		const std::string process = "proc/" + std::to_string(pid);

		folder_.write(process + "/comm", "program\n");
		folder_.link(process + "/fd/" + std::to_string(fd), target);
		folder_.write(process + "/fdinfo/" + std::to_string(fd), text);
	}

	std::vector<info::Client> find()
	{
		return info::find_clients(folder_.path / "proc", "vgpu_fw");
	}

	TemporaryFolder folder_;
};

TEST_F(Clients, AreFoundOnceEach)
{
	open(12, 3, "/dev/dri/renderD128", fdinfo("vgpu_fw", 5));
	open(12, 4, "/dev/dri/renderD128", fdinfo("vgpu_fw", 5));
	open(34, 3, "/dev/dri/renderD128", fdinfo("vgpu_fw", 5));
	open(34, 7, "/dev/dri/card0", fdinfo("vgpu_fw", 2));
	const auto clients = find();

	ASSERT_EQ(clients.size(), 2u);
	EXPECT_EQ(clients[0].use.client_id, 2u);
	EXPECT_EQ(clients[1].use.client_id, 5u);
	EXPECT_EQ(clients[1].holders.size(), 2u) << "two processes have it, one of them twice";
	EXPECT_EQ(info::names_of(clients[0].holders), "program(34)");
	EXPECT_EQ(clients[1].use.engines.at("copy").busy_ns, 1000u);
}

TEST_F(Clients, OfOtherDriversAndFilesAreNone)
{
	open(12, 3, "/dev/dri/renderD128", fdinfo("i915", 5));
	open(12, 4, "/tmp/something", fdinfo("vgpu_fw", 6));
	open(12, 5, "/dev/dri/renderD128", "pos:\t0\n");
	folder_.write("proc/uptime", "1 2\n");
	EXPECT_TRUE(find().empty());
}

TEST_F(Clients, AProcessThatGoesIsNoError)
{
	open(12, 3, "/dev/dri/renderD128", fdinfo("vgpu_fw", 5));
	folder_.link("proc/12/fd/9", "/dev/dri/renderD128"); /* its fdinfo is gone */
	std::filesystem::create_directories(folder_.path / "proc/13");
	EXPECT_EQ(find().size(), 1u);
	EXPECT_TRUE(info::find_clients(folder_.path / "nowhere", "vgpu_fw").empty());
}

TEST_F(Clients, DebugfsIsReadOrSaysWhyNot)
{
	folder_.write("dri/vgpu_fw/name", "vgpu_fw dev=vgpu_fw unique=vgpu_fw\n");
	folder_.write("dri/vgpu_fw/queues", "name=ctx1 client=8\n");
	folder_.write("dri/vgpu_fw/counters", "resets: 4\n");
	folder_.write("dri/1/name", "vkms dev=vkms\n");
	folder_.write("dri/1/counters", "resets: 5\nother: 1\n");
	EXPECT_NE(info::read_debugfs(folder_.path, "vgpu_fw").missing.find("No such file"),
		  std::string::npos);

	folder_.write("drm_dep/queues", "dev=vgpu_fw queue=ctx1 context=1\n  next: 3\n"
					"dev=other queue=ctx1 context=2\n  next: 3\n");
	const info::DebugFs found = info::read_debugfs(folder_.path, "vgpu_fw");
	EXPECT_EQ(found.missing, "");
	ASSERT_EQ(found.queues.size(), 1u) << "the queues of the other device are not ours";
	EXPECT_EQ(found.queues[0].said("client"), "8");
	EXPECT_EQ(found.counters, (std::map<std::string, std::uint64_t>{{"resets", 4}}));
}

} // namespace
