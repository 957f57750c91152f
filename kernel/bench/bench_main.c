// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Files in debugfs: drm_dep_bench/MEASUREMENT. To write "layer=NAME x=N n=N" takes the
 * measurement once, and fails if a job was lost; to read gives its raw samples. The file
 * "layers" says which layers there are.
 *
 * tools/inside/bench decides what is measured, in which order and how often.
 */
#include <linux/debugfs.h>
#include <linux/device/faux.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_dep.h>
#include <drm/drm_drv.h>

#include "bench.h"

static const struct bench_measurement *const measurements[] = {
	&bench_single, &bench_batch, &bench_single_events, &bench_batch_events,
	&bench_pending, &bench_dep_add, &bench_dep_events, &bench_memory,
	&bench_queues, &bench_many_queues, &bench_kill, &bench_last_put,
};

static const struct {
	const struct bench_layer *layers;
	unsigned int count;
} groups[] = {
	{ bench_layers_none, BENCH_LAYERS_NONE },
	{ bench_layers_bound, BENCH_LAYERS_BOUND },
	{ bench_layers_sched, BENCH_LAYERS_SCHED },
	{ bench_layers_dep, BENCH_LAYERS_DEP },
};

/* Of the one run at a time, and afterwards of what it found. */
static DEFINE_MUTEX(run_lock);
static struct bench_run the_run;
/* A layer still has something of ours: nothing can be trusted, and nothing unloaded. */
static bool broken;

static struct faux_device *faux;
static struct drm_device *drm;
static struct dentry *folder;

static const struct drm_driver bench_driver = {
	.name = "drm_dep_bench",
	.fops = NULL,
	.driver_features = 0,
};

struct drm_device *bench_drm(void)
{
	return drm;
}

u32 bench_n_samples(const struct bench_args *args)
{
	return args->n;
}

u32 bench_one_sample(const struct bench_args *args)
{
	return 1;
}

u64 *bench_sample(struct bench_run *run)
{
	u64 *sample;

	if (WARN_ON_ONCE(run->n_samples == run->max_samples))
		run->n_samples--;
	sample = run->samples[run->n_samples++];
	memset64(sample, BENCH_NONE, BENCH_COLUMNS);
	return sample;
}

/*
 * Threads
 */

struct bench_thread {
	struct bench_run *run;
	bench_thread_fn fn;
	void *data;
	unsigned int nr;
	struct task_struct *task;
	struct completion done;
};

static int bench_thread(void *data)
{
	struct bench_thread *thread = data;
	int ret = thread->fn(thread->run, thread->nr, thread->data);

	complete(&thread->done);
	return ret;
}

/**
 * bench_in_threads() - call a function in new threads, and wait for them
 * @run: the run
 * @count: how many; several have a CPU each
 * @fn: the function
 * @data: for the function
 *
 * Return: 0 or what one of them returned.
 */
int bench_in_threads(struct bench_run *run, unsigned int count, bench_thread_fn fn, void *data)
{
	struct bench_thread *threads = kcalloc(count, sizeof(*threads), GFP_KERNEL);
	unsigned int i, cpu = cpumask_first(cpu_online_mask);
	int ret = 0, one;

	if (!threads)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		threads[i] = (struct bench_thread){ run, fn, data, i };
		init_completion(&threads[i].done);
		threads[i].task = kthread_create(bench_thread, &threads[i], "bench/%u", i);
		if (IS_ERR(threads[i].task)) {
			ret = PTR_ERR(threads[i].task);
			count = i;
			break;
		}
		get_task_struct(threads[i].task);
		if (count > 1)
			kthread_bind(threads[i].task, cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (run->args.fifo)
			sched_set_fifo(threads[i].task);
	}
	for (i = 0; i < count && !ret; i++)
		wake_up_process(threads[i].task);
	for (i = 0; i < count; i++) {
		/* One that never began is stopped without having run. */
		if (!ret)
			wait_for_completion(&threads[i].done);
	}
	for (i = 0; i < count; i++) {
		one = kthread_stop_put(threads[i].task);
		ret = ret ?: one;
	}
	kfree(threads);
	return ret;
}

static int keep_busy(void *unused)
{
	/* User-Mode Linux preempts nothing in a kernel thread that does not ask for it. */
	while (!kthread_should_stop()) {
		cpu_relax();
		if (need_resched())
			schedule();
	}
	return 0;
}

static struct task_struct *busy[NR_CPUS];

static void stop_load(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (busy[cpu])
			kthread_stop(busy[cpu]);
		busy[cpu] = NULL;
	}
}

static int start_load(void)
{
	struct task_struct *task;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(keep_busy, NULL, cpu, "bench-load/%u");
		if (IS_ERR(task)) {
			stop_load();
			return PTR_ERR(task);
		}
		busy[cpu] = task;
		wake_up_process(task);
	}
	return 0;
}

/*
 * A run
 */

static int measure(struct bench_run *run, unsigned int nr, void *data)
{
	return run->measurement->measure(run);
}

/* A layer that is fast because it forgets jobs must not look good. */
static int check_counts(struct bench_run *run)
{
	u64 ran = run->jobs_ran - run->args.lose;

	if (run->queues_made && run->queues_freed == run->queues_made && run->jobs_made &&
	    run->jobs_released == run->jobs_made && !run->jobs_wrong &&
	    ran == (run->killed ? 0 : run->jobs_made))
		return 0;
	pr_err("drm_dep_bench: %s on layer %s, x=%u: %llu queues made, %llu freed; %llu jobs made, %llu ran, %llu out of order, %llu released\n",
	       run->measurement->name, run->layer->name, run->args.x, run->queues_made,
	       run->queues_freed, run->jobs_made, ran, run->jobs_wrong, run->jobs_released);
	return -EIO;
}

static int execute(struct bench_run *run)
{
	int ret = 0;

	if (run->measurement->counts)
		ret = bench_trace_on();
	else
		bench_trace_off();
	if (ret)
		return ret;
	spin_lock_init(&run->lock);
	atomic_set(&run->queues, 1);
	init_completion(&run->gone);
	while (run->measurement->columns[run->columns])
		run->columns++;
	run->max_samples = run->measurement->max_samples(&run->args);
	run->samples = kvcalloc(run->max_samples, sizeof(*run->samples), GFP_KERNEL);
	if (!run->samples)
		return -ENOMEM;

	if (run->args.load)
		ret = start_load();
	if (!ret)
		ret = bench_in_threads(run, 1, measure, NULL);
	stop_load();
	if (ret != -ETIMEDOUT)
		ret = bench_wait_gone(run) ?: ret;
	if (ret == -ETIMEDOUT) {
		pr_err("drm_dep_bench: %s on layer %s, x=%u: something that has to end does not\n",
		       run->measurement->name, run->layer->name, run->args.x);
		broken = true;
		__module_get(THIS_MODULE);
		return ret;
	}
	/* The queues are gone, but may still hold this module for a moment. */
	drm_dep_flush(drm);
	return ret ?: check_counts(run);
}

static const struct bench_layer *find_layer(const char *name)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		for (j = 0; j < groups[i].count; j++)
			if (!strcmp(groups[i].layers[j].name, name))
				return &groups[i].layers[j];
	return NULL;
}

/* "layer=dep x=64 n=1000" */
static int parse(struct bench_run *run, char *text)
{
	struct {
		const char *name;
		u32 *value;
	} numbers[] = {
		{ "x", &run->args.x }, { "n", &run->args.n }, { "load", &run->args.load },
		{ "fifo", &run->args.fifo }, { "reverse", &run->args.reverse },
		{ "lose", &run->args.lose },
	};
	char *word, *value;
	unsigned int i;

	while ((word = strsep(&text, "\n "))) {
		if (!*word)
			continue;
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (!strcmp(word, "layer")) {
			run->layer = find_layer(value);
			continue;
		}
		for (i = 0; i < ARRAY_SIZE(numbers); i++)
			if (!strcmp(numbers[i].name, word))
				break;
		if (i == ARRAY_SIZE(numbers) || kstrtou32(value, 0, numbers[i].value))
			return -EINVAL;
	}
	return run->layer && run->args.n ? 0 : -EINVAL;
}

static bool is_beyond(u32 x, u32 limit)
{
	return limit && x > limit;
}

static int check_args(const struct bench_run *run)
{
	const struct bench_measurement *measurement = run->measurement;
	const struct bench_layer *layer = run->layer;

	if (measurement->needs_queue && !layer->ops->job_add_dependency)
		return -EOPNOTSUPP;
	if ((measurement->x_is_deps && is_beyond(run->args.x, layer->max_deps)) ||
	    (measurement->x_is_queues && is_beyond(run->args.x, layer->max_queues)))
		return -E2BIG;
	if ((measurement->x_is_deps || measurement->x_is_queues ||
	     measurement == &bench_batch) && !run->args.x)
		return -EINVAL;
	/* Of a thread on each CPU, each needs a queue and a job. */
	if (measurement == &bench_many_queues && run->args.n < num_online_cpus())
		return -EINVAL;
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char *text = memdup_user_nul(from, min(size, PAGE_SIZE));
	struct bench_run *run = &the_run;
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&run_lock);
	if (broken) {
		ret = -EIO;
		goto unlock;
	}
	kvfree(run->samples);
	memset(run, 0, sizeof(*run));
	run->measurement = file_inode(file)->i_private;
	ret = parse(run, text) ?: check_args(run) ?: execute(run);
	if (ret)
		run->n_samples = 0;
unlock:
	mutex_unlock(&run_lock);
	kfree(text);
	return ret ?: size;
}

/*
 * What comes out
 */

static void *samples_start(struct seq_file *seq, loff_t *pos)
{
	mutex_lock(&run_lock);
	if (the_run.measurement != seq->private || !the_run.n_samples)
		return NULL;
	if (!*pos)
		return SEQ_START_TOKEN;
	return *pos <= the_run.n_samples ? the_run.samples[*pos - 1] : NULL;
}

static void *samples_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return *pos <= the_run.n_samples ? the_run.samples[*pos - 1] : NULL;
}

static void samples_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&run_lock);
}

static int samples_show(struct seq_file *seq, void *v)
{
	const struct bench_run *run = &the_run;
	const u64 *sample = v;
	unsigned int i;

	if (v == SEQ_START_TOKEN) {
		seq_printf(seq, "# layer=%s x=%u n=%u load=%u fifo=%u reverse=%u made=%llu ran=%llu released=%llu queues=%llu gone=%llu\n",
			   run->layer->name, run->args.x, run->args.n, run->args.load,
			   run->args.fifo, run->args.reverse, run->jobs_made, run->jobs_ran,
			   run->jobs_released, run->queues_made, run->queues_freed);
		for (i = 0; i < run->columns; i++)
			seq_printf(seq, "%s%s", i ? "," : "", run->measurement->columns[i]);
	} else {
		for (i = 0; i < run->columns; i++) {
			seq_puts(seq, i ? "," : "");
			if (sample[i] != BENCH_NONE)
				seq_printf(seq, "%llu", sample[i]);
		}
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations samples_ops = {
	.start = samples_start,
	.next = samples_next,
	.stop = samples_stop,
	.show = samples_show,
};

static int run_open(struct inode *inode, struct file *file)
{
	int ret = seq_open(file, &samples_ops);

	if (!ret)
		((struct seq_file *)file->private_data)->private = inode->i_private;
	return ret;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.write = run_write,
	.llseek = seq_lseek,
	.release = seq_release,
};

static int layers_show(struct seq_file *seq, void *unused)
{
	const struct bench_layer *layer;
	unsigned int i, j;

	seq_puts(seq, "name,hw_fence,has_queue,max_deps,max_queues,queue_size,job_size\n");
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		for (j = 0; j < groups[i].count; j++) {
			layer = &groups[i].layers[j];
			seq_printf(seq, "%s,%d,%d,%u,%u,%zu,%zu\n", layer->name, layer->hw_fence,
				   !!layer->ops->job_add_dependency, layer->max_deps,
				   layer->max_queues, layer->ops->queue_size,
				   layer->ops->job_size);
		}
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(layers);

/*
 * The module
 */

static int __init bench_init(void)
{
	unsigned int i;
	int ret;

	bench_clock_init();
	ret = bench_trace_init();
	if (ret)
		return ret;
	ret = bench_bound_init();
	if (ret)
		return ret;
	ret = bench_sched_init();
	if (ret)
		goto exit_bound;
	faux = faux_device_create("drm_dep_bench", NULL, NULL);
	if (!faux) {
		ret = -ENODEV;
		goto exit_sched;
	}
	drm = __devm_drm_dev_alloc(&faux->dev, &bench_driver, sizeof(*drm), 0);
	if (IS_ERR(drm)) {
		ret = PTR_ERR(drm);
		goto destroy_faux;
	}
	folder = debugfs_create_dir("drm_dep_bench", NULL);
	debugfs_create_file("layers", 0400, folder, NULL, &layers_fops);
	for (i = 0; i < ARRAY_SIZE(measurements); i++)
		debugfs_create_file(measurements[i]->name, 0600, folder, (void *)measurements[i],
				    &run_fops);
	return 0;

destroy_faux:
	faux_device_destroy(faux);
exit_sched:
	bench_sched_exit();
exit_bound:
	bench_bound_exit();
	return ret;
}

static void __exit bench_exit(void)
{
	debugfs_remove(folder);
	bench_trace_off();
	drm_dep_flush(drm);
	faux_device_destroy(faux);
	bench_sched_exit();
	bench_bound_exit();
	kvfree(the_run.samples);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of submission layers");
MODULE_LICENSE("Dual MIT/GPL");
