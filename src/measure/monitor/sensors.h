/* sensors.h - how hot the processor is, and how often it slowed down for it.
 *
 * The sensors are found once, by the names that drivers give them; others (disks, batteries, network) are not the
 * processor's.  A virtual machine has none.
 */
#ifndef MONITOR_SENSORS_H
#define MONITOR_SENSORS_H

#include <stddef.h>

#include "monitor/numbered_files.h"
#include "results/sample_figures.h"

enum {
    SENSORS_MAX = 256,
    SENSOR_PATH_BYTES = 96, // below the root
};

typedef struct sensors {
    const char *root; // not owned
    char temperature[SENSORS_MAX][SENSOR_PATH_BYTES];
    size_t n_temperatures;
    // Cores count their own slow-downs and those of their package.  One thread of each core and one of each package
    // are asked: the others have the same counts.
    int cores[NUMBERED_FILES_MAX], packages[NUMBERED_FILES_MAX];
    size_t n_cores, n_packages;
} sensors;

/* `root` must outlive *s. */
void sensors_open(sensors *s, const char *root);
void sensors_read_temperature(const sensors *s, sample_values *out);
void sensors_read_throttling(const sensors *s, sample_values *out);

#endif
