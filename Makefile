# SPDX-License-Identifier: MIT
# The verbs that people type; each one is a script. What the kernel's build needs is in Kbuild, userspace in CMakeLists.txt.
#
#   FLAVOUR=perf|debug   which test kernel the modules are for, or stock for a kernel of Debian (modules)
#   KDIR=FOLDER          a kernel of your own instead (modules, modules_install)
#   ONLY=PART,PART       just these parts (test)
#   ARGS='--scenario X'  what the script behind sim, fuzz, soak, kunit, others, instructions, mutants, coverage or bench is told

FLAVOUR ?= perf

.PHONY: help demo test check host-test kunit device-test sim fuzz soak mutants coverage bench kernels stock others instructions modules modules_install userspace docs clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: ## build everything, boot a kernel, let the virtual GPU work (the first time takes some minutes)
	@tools/demo

test: ## all tests
	@tools/test $(if $(ONLY),--only $(ONLY))

check: ## only the checks of the sources and of the built modules
	@tools/check

host-test: ## only the tests that need no kernel
	@tools/test --only host,sim

kunit: ## the KUnit suites by the kernel's own kunit.py, built in (ARGS=--help says more; as modules: make test ONLY=kunit)
	@tools/kunit $(ARGS)

device-test: ## only the tests of the virtual GPU from outside
	@tools/test --only device

sim: ## look for races in the core, on one thread with virtual time (ARGS=--help says more)
	@tools/sim $(ARGS)

fuzz: ## let a fuzzer make up programs of operations, against the model (ARGS='--seconds 600'; --help says more)
	@tools/fuzz $(ARGS)

soak: ## the long searches of the simulator, and the KUnit suites again and again (hours; ARGS=--help says more)
	@tools/soak $(ARGS)

mutants: ## put faults into the core, one at a time, and see that the tests notice (ARGS=--help says more)
	@tools/mutants $(ARGS)

coverage: ## which lines of the core and of the virtual GPU the tests run, as HTML (ARGS=--help says more)
	@tools/coverage $(ARGS)

bench: ## measure against the DRM GPU scheduler (a quarter of an hour; ARGS=--quick a minute or two)
	@tools/bench $(ARGS)

kernels: ## build both test kernels
	@tools/install-packages kernel
	@testkernel/build perf
	@testkernel/build debug

stock: ## only the tests in a stock kernel of Debian, in QEMU
	@tools/test --only stock

others: ## only what others wrote for any GPU, unchanged: gputop, lsgpu, drm_info and more (ARGS=--help says more)
	@tools/others $(ARGS)

instructions: ## count the instructions of a job into docs/instructions.txt (ARGS=--profile: by function)
	@tools/instructions $(ARGS)

modules: ## build the kernel modules, for FLAVOUR=perf|debug|stock or for KDIR=/lib/modules/.../build
	@tools/install-packages kernel
	@tools/modules $(or $(KDIR),$(FLAVOUR))

modules_install: ## install the modules that were built for KDIR=/lib/modules/.../build
	@tools/modules --install $(KDIR)

userspace: ## build the programs
	@tools/install-packages host
	@tools/userspace

docs: ## build the guides and the reference as HTML, in build/docs/html
	@tools/docs

clean: ## remove what was built here; the test kernels stay
	@rm -rf build

distclean: clean ## remove the test kernels and their source too
	@testkernel/fetch --forget
