// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A DRM driver has a date. */
#include <drm/drm_drv.h>

static const char *driver_date(struct drm_driver *driver)
{
	return driver->date;
}
