/* SPDX-License-Identifier: MIT */

/*
 * Jobs that wait for a fence that doesn't come, and whose queue goes: nobody has to wait for that
 * but their own fences, which others rely on to come after it.
 */

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

#include <unistd.h>

#include "context.h"
#include "process.h"
#include "style.h"

namespace
{

class Never : public ::testing::TestWithParam<Style>
{
protected:
	/* The fence of a job whose queue is suspended: it comes when that is resumed. */
	Never() : never_(owner_.device)
	{
		stuck_.suspend();
		owner_.submit(stuck_, vgpu::CommandWriter().nop(), never_);
		fence_ = never_.export_sync_file();
	}

	~Never() override { stuck_.try_control(DRM_VGPU_QUEUE_OP_RESUME); }

	void let_go() { stuck_.resume(); }

	/* Two jobs of the client's, the second behind the first on the same queue. */
	void submit(Context &client, const vgpu::Queue &queue)
	{
		const Call call =
			client.place(vgpu::CommandWriter().store(client.data_address(0), 1));
		vgpu::Syncobj waited(client.device), first(client.device), second(client.device);
		vgpu::Exec exec;

		waited.import_sync_file(fence_.get());
		exec.job(queue).call(call.va, call.words).wait(waited).signal(first);
		exec.job(queue).call(call.va, call.words).signal(second);
		exec.submit(client.device);
		fences_.push_back(first.export_sync_file());
		fences_.push_back(second.export_sync_file());
	}

	void expect_pending()
	{
		for (const vgpu::UniqueFd &fence : fences_)
			EXPECT_EQ(vgpu::sync_file_status(fence.get()), 0)
				<< "it came before what it has to wait for";
	}

	void expect_cancelled_after_that()
	{
		/* A job on another queue: time enough to go wrong. */
		EXPECT_EQ(owner_.run(vgpu::CommandWriter().delay(2'000'000)), 1);
		expect_pending();
		let_go();
		for (const vgpu::UniqueFd &fence : fences_)
			EXPECT_EQ(status_of(fence), -ECANCELED);
		EXPECT_EQ(status_of(fence_), 1);
	}

	/* It may take long on a busy machine, but not as long as the fence: that never comes. */
	template <class F>
	static void expect_at_once(F &&f)
	{
		const auto start = std::chrono::steady_clock::now();

		f();
		EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
	}

	Context owner_;
	vgpu::Queue stuck_{owner_.device, owner_.vm, patient(owner_.device)};
	vgpu::Syncobj never_;
	vgpu::UniqueFd fence_;
	std::vector<vgpu::UniqueFd> fences_;
};

TEST_P(Never, AKill)
{
	Context client;
	vgpu::Queue queue(client.device, client.vm, GetParam().options());

	submit(client, queue);
	expect_pending();
	expect_at_once([&] { queue.kill(); });
	expect_cancelled_after_that();
	EXPECT_EQ(client.data(0), 0u);
	EXPECT_EQ(queue.state().completed, 0u);
	EXPECT_EQ(queue.state().stopped, 0u);
}

TEST_P(Never, ADestroy)
{
	if (always_drains(GetParam()))
		GTEST_SKIP() << "of this profile destroying always waits";
	Context client;
	vgpu::Queue queue(client.device, client.vm, GetParam().options());

	submit(client, queue);
	expect_at_once([&] { queue.destroy(); });
	expect_cancelled_after_that();
	EXPECT_EQ(client.data(0), 0u);
}

TEST_P(Never, AClose)
{
	{
		std::optional<Context> client(std::in_place);
		std::optional<vgpu::Queue> queue(std::in_place, client->device, client->vm,
						 GetParam().options());

		submit(*client, *queue);
		/*
		 * The names go with the file, not one by one: what the library has to destroy is
		 * no device any more. The file goes with its last mapping.
		 */
		const int fd = client->io->fd();
		ASSERT_EQ(dup2(fence_.get(), fd), fd);
		expect_at_once([&] {
			queue.reset();
			client.reset();
		});
	}
	expect_cancelled_after_that();
}

TEST_P(Never, ASigkill)
{
	Child child([&](Child &self) {
		Context mine;
		const vgpu::Queue queue(mine.device, mine.vm, GetParam().options());

		submit(mine, queue);
		self.ready();
		self.wait_for_parent();
		return 0;
	});
	ASSERT_TRUE(child.wait_until_ready());
	expect_at_once([&] {
		child.kill();
		EXPECT_EQ(child.result(), 128 + SIGKILL);
	});
	EXPECT_EQ(owner_.run(vgpu::CommandWriter().nop()), 1);
	let_go();
	EXPECT_EQ(status_of(fence_), 1);
}

/* A fault in front of it: the ban cancels what waits, but in its time. */
TEST_P(Never, ABan)
{
	Context client;
	const vgpu::Queue queue(client.device, client.vm, GetParam().options());
	const vgpu::Syncobj bad(client.device);
	const Call call = client.place(vgpu::CommandWriter().fault());
	vgpu::Exec exec;

	exec.job(queue).call(call.va, call.words).signal(bad);
	/* In one call, for later ones would be refused. */
	vgpu::Syncobj waited(client.device), out(client.device);
	waited.import_sync_file(fence_.get());
	exec.job(queue).call(call.va, call.words).wait(waited).signal(out);
	exec.submit(client.device);
	fences_.push_back(out.export_sync_file());
	EXPECT_EQ(status_of(bad), -EFAULT);
	expect_cancelled_after_that();
}

TEST_P(Never, OthersGoOnMeanwhile)
{
	Context client;
	const vgpu::Queue queue(client.device, client.vm, GetParam().options());
	const vgpu::Queue other(client.device, client.vm, GetParam().options());

	submit(client, queue);
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(client.run(other, vgpu::CommandWriter().nop()), 1);
	expect_pending();
	let_go();
	for (const vgpu::UniqueFd &fence : fences_)
		EXPECT_EQ(status_of(fence), 1);
}

INSTANTIATE_TEST_SUITE_P(Styles, Never, ::testing::ValuesIn(all_styles()), name_of<Style>);

} // namespace
