// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Messages: what the run side does between two jobs. They need no memory of the core, and
 * each that is pending holds a reference of its queue, so that none is lost at teardown.
 */
#include "message.h"
#include "run.h"

namespace dep
{

drm_dep_message *take_message(drm_dep_queue &queue)
{
	drm_dep_message *message = DEP_CONTAINER_OF(queue.messages.next, drm_dep_message, link);

	message->link.remove();
	return message;
}

static bool send(drm_dep_queue &queue, drm_dep_message &message, bool first) OS_NONBLOCKING
{
	if (!queue.ops->process_message) {
		DEP_BROKEN("a message is sent to a queue that has no process_message");
		return false;
	}

	Guard guard(queue.lock);

	if (!message.link.empty())
		return false;
	if (!os_ref_get_unless_zero(&queue.ref)) {
		DEP_BROKEN("a message is sent to a queue of which nothing is left");
		return false;
	}
	if (first)
		queue.messages.add_head(message.link);
	else
		queue.messages.add_tail(message.link);
	kick_if_runnable(queue);
	return true;
}

} // namespace dep

void drm_dep_message_init(drm_dep_message *message)
{
	message->link.init();
}

bool drm_dep_queue_send_message(drm_dep_queue *queue, drm_dep_message *message)
{
	return dep::send(*queue, *message, false);
}

bool drm_dep_queue_send_message_first(drm_dep_queue *queue, drm_dep_message *message)
{
	return dep::send(*queue, *message, true);
}
