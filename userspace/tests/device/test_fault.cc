/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <functional>

#include "context.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t read_only_va = 0x60000000;

enum { word_before, word_after, word_next, word_other, first_victim = 512 };

constexpr std::uint64_t victim = Context::data_va + 8 * first_victim;
constexpr std::uint64_t end_of_data = Context::data_va + Context::data_bytes;
constexpr std::uint64_t hole = Context::hole_va;

/* One bad command. */
struct Fault {
	const char *name;
	int error;
	std::function<void(vgpu::CommandWriter &)> write;
};

std::uint64_t header(std::uint64_t op, std::uint64_t flags, std::uint64_t words)
{
	return DRM_VGPU_CMD_HEADER(op, flags, words);
}

class FaultTest : public DeviceTest, public ::testing::WithParamInterface<Fault>
{
protected:
	FaultTest()
	{
		gpu.vm.map(read_only_, read_only_va, vgpu::Access::read_only);
		for (std::size_t i = first_victim; i < Context::data_bytes / 8; i++)
			gpu.data(i) = i;
		for (std::uint64_t &word : read_only_.words())
			word = 77;
	}

	void expect_victims_unharmed()
	{
		for (std::size_t i = first_victim; i < Context::data_bytes / 8; i++)
			ASSERT_EQ(gpu.data(i), i);
		for (const std::uint64_t word : read_only_.words())
			ASSERT_EQ(word, 77u);
	}

	vgpu::Buffer read_only_{gpu.device, page};
	const vgpu::Queue other_{gpu.device, gpu.vm};
};

TEST_P(FaultTest, StopsItsJobAndBansItsQueueAndNothingElse)
{
	for (const vgpu::QueueOptions &options :
	     {vgpu::QueueOptions(),
	      vgpu::QueueOptions{DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION}}) {
		const vgpu::Queue queue(gpu.device, gpu.vm, options);
		const vgpu::Syncobj bad(gpu.device), next(gpu.device);
		vgpu::CommandWriter program;
		vgpu::Exec exec;

		for (const std::size_t word : {word_before, word_after, word_next, word_other})
			gpu.data(word) = 0;
		program.store(gpu.data_address(word_before), 1);
		GetParam().write(program);
		program.store(gpu.data_address(word_after), 1);
		const Call first = gpu.place(program);
		const Call second =
			gpu.place(vgpu::CommandWriter().store(gpu.data_address(word_next), 1));
		exec.job(queue, 77).call(first.va, first.words).signal(bad);
		exec.job(queue, 78).call(second.va, second.words).signal(next);
		exec.submit(gpu.device);

		EXPECT_EQ(status_of(bad), GetParam().error);
		EXPECT_EQ(status_of(next), -ECANCELED) << "a later job of the queue";
		EXPECT_EQ(exec.try_submit(*gpu.io), -ECANCELED) << "the queue takes jobs still";
		EXPECT_EQ(gpu.run(other_,
				  vgpu::CommandWriter().store(gpu.data_address(word_other), 1)),
			  1)
			<< "another queue";
		EXPECT_EQ(gpu.data(word_before), 1u) << "what came before the bad command";
		EXPECT_EQ(gpu.data(word_after), 0u) << "what came after the bad command";
		EXPECT_EQ(gpu.data(word_next), 0u) << "the next job";
		EXPECT_EQ(gpu.data(word_other), 1u);
		expect_victims_unharmed();

		const drm_vgpu_queue_state state = queue.state();
		EXPECT_EQ(state.status, DRM_VGPU_QUEUE_BANNED);
		EXPECT_EQ(state.error, GetParam().error);
		EXPECT_EQ(state.submitted, 2u);
		EXPECT_EQ(state.completed, 0u);
		EXPECT_EQ(state.stopped, 1u);
		EXPECT_EQ(state.stop_cookie, 77u);
		EXPECT_EQ(state.stop_call, 0u);
		EXPECT_EQ(state.stop_word, 3u) << "the word of the bad command";
	}
}

INSTANTIATE_TEST_SUITE_P(
	Addresses, FaultTest,
	::testing::Values(
		Fault{"FillUnmapped", -EFAULT, [](auto &p) { p.fill(hole, 64, 1); }},
		Fault{"FillAddressZero", -EFAULT, [](auto &p) { p.fill(0, 64, 1); }},
		Fault{"FillFarAway", -EFAULT, [](auto &p) { p.fill(0x7fff00000000, 64, 1); }},
		Fault{"FillReadOnly", -EFAULT, [](auto &p) { p.fill(read_only_va, 64, 1); }},
		Fault{"FillRunsIntoHole", -EFAULT,
		      [](auto &p) { p.fill(end_of_data - 8 * page, 8 * page + 8, 1); }},
		Fault{"FillRunsIntoReadOnly", -EFAULT,
		      [](auto &p) { p.fill(read_only_va - 8, 16, 1); }},
		Fault{"CopyFromUnmapped", -EFAULT, [](auto &p) { p.copy(victim, hole, 64); }},
		Fault{"CopyToUnmapped", -EFAULT, [](auto &p) { p.copy(hole, victim, 64); }},
		Fault{"CopyToReadOnly", -EFAULT, [](auto &p) { p.copy(read_only_va, victim, 64); }},
		Fault{"CopyRunsIntoHole", -EFAULT,
		      [](auto &p) { p.copy(victim, end_of_data - 64, 72); }},
		Fault{"CopyBeyondReadOnly", -EFAULT,
		      [](auto &p) { p.copy(victim, read_only_va + page - 64, 72); }},
		Fault{"MixFromUnmapped", -EFAULT, [](auto &p) { p.mix(victim, hole, 64, 1); }},
		Fault{"MixToUnmapped", -EFAULT, [](auto &p) { p.mix(hole, victim, 64, 1); }},
		Fault{"MixToReadOnly", -EFAULT,
		      [](auto &p) { p.mix(read_only_va, victim, 64, 1); }},
		Fault{"MixRunsIntoHole", -EFAULT,
		      [](auto &p) { p.mix(victim, end_of_data - 3 * page, 3 * page + 8, 1); }},
		Fault{"StoreUnmapped", -EFAULT, [](auto &p) { p.store(hole, 1); }},
		Fault{"StoreReadOnly", -EFAULT, [](auto &p) { p.store(read_only_va, 1); }},
		Fault{"WaitUnmapped", -EFAULT, [](auto &p) { p.wait(hole, 0); }},
		Fault{"FaultAskedFor", -EFAULT, [](auto &p) { p.fault(); }},
		Fault{"StoreToProgram", -EFAULT, [](auto &p) { p.store(Context::code_va, 1); }},
		Fault{"TimestampUnmapped", -EFAULT, [](auto &p) { p.store_timestamp(hole); }}),
	name_of<Fault>);

INSTANTIATE_TEST_SUITE_P(
	Forms, FaultTest,
	::testing::Values(
		Fault{"UnknownOperation", -EINVAL, [](auto &p) { p.raw(header(9, 0, 1)); }},
		Fault{"WaitTooShort", -EINVAL, [](auto &p) { p.raw(header(5, 0, 2)).raw(victim); }},
		Fault{"WaitTooLong", -EINVAL,
		      [](auto &p) { p.raw(header(5, 0, 4)).raw(victim).raw(0).raw(0); }},
		Fault{"WaitWithFlag", -EINVAL,
		      [](auto &p) { p.raw(header(5, 1, 3)).raw(victim).raw(0); }},
		Fault{"WaitUnaligned", -EINVAL, [](auto &p) { p.wait(victim + 4, 0); }},
		Fault{"HangWithoutOperand", -EINVAL, [](auto &p) { p.raw(header(7, 0, 1)); }},
		Fault{"HangTooLong", -EINVAL,
		      [](auto &p) { p.raw(header(7, 0, 3)).raw(0).raw(0); }},
		Fault{"HangWithFlag", -EINVAL, [](auto &p) { p.raw(header(7, 1, 2)).raw(0); }},
		Fault{"HangOfNoKind", -EINVAL, [](auto &p) { p.raw(header(7, 0, 2)).raw(4); }},
		Fault{"HangOfTheHighestKind", -EINVAL,
		      [](auto &p) { p.raw(header(7, 0, 2)).raw(~0ULL); }},
		Fault{"HangThatNeedsADeviceReset", -EINVAL,
		      [](auto &p) { p.hang(DRM_VGPU_HANG_NO_ENGINE_RESET); }},
		Fault{"HangThatSurvivesADeviceReset", -EINVAL,
		      [](auto &p) { p.hang(DRM_VGPU_HANG_NO_DEVICE_RESET); }},
		Fault{"FaultWithOperand", -EINVAL, [](auto &p) { p.raw(header(8, 0, 2)).raw(0); }},
		Fault{"FaultWithFlag", -EINVAL, [](auto &p) { p.raw(header(8, 1, 1)); }},
		Fault{"HighestOperation", -EINVAL, [](auto &p) { p.raw(header(255, 0, 1)); }},
		Fault{"AllOnes", -EINVAL, [](auto &p) { p.raw(~0ULL); }},
		Fault{"NoWords", -EINVAL, [](auto &p) { p.raw(header(0, 0, 0)); }},
		Fault{"NopTooLong", -EINVAL, [](auto &p) { p.raw(header(0, 0, 2)).raw(0); }},
		Fault{"NopWithFlag", -EINVAL, [](auto &p) { p.raw(header(0, 1, 1)); }},
		Fault{"ReservedBit", -EINVAL, [](auto &p) { p.raw(header(0, 0, 1) | 1); }},
		Fault{"HighestReservedBit", -EINVAL,
		      [](auto &p) { p.raw(header(0, 0, 1) | 1ULL << 39); }},
		Fault{"FillTooShort", -EINVAL,
		      [](auto &p) { p.raw(header(1, 0, 3)).raw(victim).raw(64); }},
		Fault{"FillTooLong", -EINVAL,
		      [](auto &p) { p.raw(header(1, 0, 5)).raw(victim).raw(64).raw(1).raw(0); }},
		Fault{"FillWithFlag", -EINVAL,
		      [](auto &p) { p.raw(header(1, 1, 4)).raw(victim).raw(64).raw(1); }},
		Fault{"FillUnalignedAddress", -EINVAL, [](auto &p) { p.fill(victim + 4, 64, 1); }},
		Fault{"FillUnalignedLength", -EINVAL, [](auto &p) { p.fill(victim, 60, 1); }},
		Fault{"FillLengthZero", -EINVAL, [](auto &p) { p.fill(victim, 0, 1); }},
		Fault{"FillHugeLength", -EINVAL, [](auto &p) { p.fill(victim, ~7ULL, 1); }},
		Fault{"CopyUnalignedTarget", -EINVAL,
		      [](auto &p) { p.copy(victim + 1, victim + page, 64); }},
		Fault{"CopyUnalignedSource", -EINVAL,
		      [](auto &p) { p.copy(victim, victim + page + 1, 64); }},
		Fault{"CopyLengthZero", -EINVAL, [](auto &p) { p.copy(victim, victim + page, 0); }},
		Fault{"CopyTooShort", -EINVAL,
		      [](auto &p) { p.raw(header(2, 0, 3)).raw(victim).raw(victim + page); }},
		Fault{"MixUnalignedSource", -EINVAL,
		      [](auto &p) { p.mix(victim, victim + page + 4, 64, 1); }},
		Fault{"MixHugeLength", -EINVAL,
		      [](auto &p) { p.mix(victim, victim, 1ULL << 40, 1); }},
		Fault{"MixTooShort", -EINVAL,
		      [](auto &p) { p.raw(header(3, 0, 4)).raw(victim).raw(victim).raw(64); }},
		Fault{"StoreUnaligned", -EINVAL, [](auto &p) { p.store(victim + 4, 1); }},
		Fault{"StoreUnknownFlag", -EINVAL,
		      [](auto &p) { p.raw(header(4, 2, 3)).raw(victim).raw(1); }},
		Fault{"StoreTooShort", -EINVAL,
		      [](auto &p) { p.raw(header(4, 0, 2)).raw(victim); }},
		Fault{"DelayTooLong", -EINVAL, [](auto &p) { p.delay(DRM_VGPU_MAX_DELAY_NS + 1); }},
		Fault{"DelayHuge", -EINVAL, [](auto &p) { p.delay(~0ULL); }},
		Fault{"DelayWithoutOperand", -EINVAL, [](auto &p) { p.raw(header(6, 0, 1)); }}),
	name_of<Fault>);

class CallFault : public DeviceTest
{
protected:
	int run(const std::vector<Call> &calls)
	{
		const vgpu::Queue queue(gpu.device, gpu.vm);
		const vgpu::Syncobj done(gpu.device);
		vgpu::Exec exec;
		vgpu::Job &job = exec.job(queue);

		for (const Call &call : calls)
			job.call(call.va, call.words);
		job.signal(done);
		exec.submit(gpu.device);
		return status_of(done);
	}

	Call store(std::size_t word)
	{
		return gpu.place(vgpu::CommandWriter().store(gpu.data_address(word), 1));
	}
};

TEST_F(CallFault, ACallThatIsNotMapped)
{
	EXPECT_EQ(run({store(0), {hole, 3}, store(1)}), -EFAULT);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(gpu.data(1), 0u);
}

TEST_F(CallFault, ACallThatRunsIntoAHole)
{
	vgpu::Buffer code(gpu.device, page);
	vgpu::CommandWriter program;

	/* Whole commands up to the end of the page; the next would begin in the hole. */
	gpu.vm.map(code, read_only_va, vgpu::Access::read_only);
	program.store(gpu.data_address(0), 1).store(gpu.data_address(1), 1);
	program.copy_to(code.words().subspan(512 - 6));
	EXPECT_EQ(run({{read_only_va + page - 48, 9}}), -EFAULT);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(gpu.data(1), 1u);

	/* The same with the second command half in the hole. */
	gpu.data(0) = gpu.data(1) = 0;
	program.copy_to(code.words().subspan(512 - 6));
	for (std::size_t i = 512; i-- > 512 - 5;)
		code.words()[i] = code.words()[i - 1];
	code.words()[512 - 6] = header(0, 0, 1);
	EXPECT_EQ(run({{read_only_va + page - 48, 7}}), -EFAULT);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(gpu.data(1), 0u);
}

TEST_F(CallFault, ACommandThatRunsPastTheEndOfItsCall)
{
	const Call whole = store(1);

	/* The words are there, but they don't belong to the call. */
	EXPECT_EQ(run({store(0), {whole.va, whole.words - 1}, store(2)}), -EINVAL);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(gpu.data(1), 0u);
	EXPECT_EQ(gpu.data(2), 0u);
}

TEST_F(CallFault, ACallOutsideOfTheAddressSpace)
{
	const drm_vgpu_info &info = gpu.device.info();

	/* Refused at once or found by the device: either way it is an error, and it stays one. */
	for (const std::uint64_t va :
	     {std::uint64_t{0}, std::uint64_t{info.va_end}, ~std::uint64_t{7}}) {
		const vgpu::Queue queue(gpu.device, gpu.vm);
		const vgpu::Syncobj done(gpu.device);
		vgpu::Exec exec;

		exec.job(queue).call(va, 3).signal(done);
		const int result = exec.try_submit(*gpu.io);
		if (result == 0) {
			EXPECT_EQ(status_of(done), -EFAULT) << va;
		} else {
			EXPECT_EQ(result, -EINVAL) << va;
		}
	}
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().store(gpu.data_address(0), 1)), 1);
}

TEST_F(CallFault, AFailedJobDoesNotStopThoseThatWaitForIt)
{
	const vgpu::Queue other(gpu.device, gpu.vm), fails(gpu.device, gpu.vm);
	const vgpu::Syncobj failed(gpu.device), done(gpu.device);
	const Call call = store(0);
	vgpu::Exec exec;

	exec.job(fails).call(hole, 1).signal(failed);
	exec.job(other).call(call.va, call.words).wait(failed).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(failed), -EFAULT);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), 1u);
}

TEST_F(CallFault, ManyQueuesFaultAndOneGoesOn)
{
	std::vector<std::uint64_t> numbers;
	const vgpu::Syncobj last(gpu.device);

	for (std::uint64_t i = 0; i < 60; i++) {
		const vgpu::Queue queue(gpu.device, gpu.vm,
					{i % 2 ? DRM_VGPU_ENGINE_COPY : DRM_VGPU_ENGINE_COMPUTE,
					 i % 4 < 2 ? 0 : DRM_VGPU_QUEUE_DIRECT_COMPLETION});
		const vgpu::Syncobj bad(gpu.device), cancelled(gpu.device);
		const Call wrong = gpu.place(vgpu::CommandWriter().store(hole, 1));
		const Call good = gpu.place(link(gpu.data_address(0), i));
		vgpu::Exec exec;

		exec.job(queue).call(wrong.va, wrong.words).signal(bad);
		exec.job(queue).call(good.va, good.words).signal(cancelled);
		exec.job(gpu.queue).call(good.va, good.words).signal(last);
		exec.submit(gpu.device);
		numbers.push_back(i);
		EXPECT_EQ(status_of(bad), -EFAULT);
		EXPECT_EQ(status_of(cancelled), -ECANCELED);
	}
	EXPECT_EQ(status_of(last), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

} // namespace
