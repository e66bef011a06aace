/* sensors.c - /sys/class/hwmon, /sys/class/thermal and the counters of thermal_throttle.
 *
 * Source: Documentation/hwmon/sysfs-interface.rst and driver-api/thermal/sysfs-api.rst of Linux; its driver of
 * x86's thermal interrupts.
 */
#include "monitor/sensors.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "monitor/numbered_files.h"
#include "monitor/proc_text.h"
#include "monitor/text_file.h"

enum { NAME_BYTES = 64, NUMBER_BYTES = 64 };

/* The text of a small file, without its line end. */
static const char *read_text(const sensors *s, const char *path, char *text, size_t size)
{
    text_file f = text_file_open(s->root, "%s", path);
    text_file_read(&f, text, size);
    text_file_close(&f);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static double read_number(const sensors *s, const char *path)
{
    char text[NUMBER_BYTES];
    text_file f = text_file_open(s->root, "%s", path);
    text_file_read(&f, text, sizeof text);
    text_file_close(&f);
    return proc_count(text);
}

/* ---- which files ------------------------------------------------------------------------------------------------- */

// Drivers of Intel, AMD and of boards with ARM processors, as hwmon names and as types of thermal zones.
static const char *const PROCESSOR_SENSORS[] = {"coretemp",    "k10temp",     "zenpower",     "k8temp",
                                                "cpu_thermal", "cpu-thermal", "x86_pkg_temp", "soc_thermal"};

static bool is_processor(const char *name)
{
    for (size_t i = 0; i < sizeof PROCESSOR_SENSORS / sizeof PROCESSOR_SENSORS[0]; i++) {
        if (strcmp(name, PROCESSOR_SENSORS[i]) == 0)
            return true;
    }
    return false;
}

static void find_hwmon(sensors *s)
{
    int chips[NUMBERED_FILES_MAX], inputs[SENSORS_MAX];
    const size_t n_chips = numbered_files_list(s->root, "/sys/class/hwmon", "hwmon", "", chips, NUMBERED_FILES_MAX);
    for (size_t i = 0; i < n_chips; i++) {
        char folder[48], path[64], name[NAME_BYTES];
        snprintf(folder, sizeof folder, "/sys/class/hwmon/hwmon%d", chips[i]);
        snprintf(path, sizeof path, "%s/name", folder);
        if (!is_processor(read_text(s, path, name, sizeof name)))
            continue;
        const size_t n_inputs = numbered_files_list(s->root, folder, "temp", "_input", inputs, SENSORS_MAX);
        for (size_t k = 0; k < n_inputs && s->n_temperatures < SENSORS_MAX; k++)
            snprintf(s->temperature[s->n_temperatures++], SENSOR_PATH_BYTES, "%s/temp%d_input", folder, inputs[k]);
    }
}

static void find_zones(sensors *s)
{
    int zones[NUMBERED_FILES_MAX];
    const size_t n = numbered_files_list(s->root, "/sys/class/thermal", "thermal_zone", "", zones, NUMBERED_FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        char folder[64], path[80], name[NAME_BYTES];
        snprintf(folder, sizeof folder, "/sys/class/thermal/thermal_zone%d", zones[i]);
        snprintf(path, sizeof path, "%s/type", folder);
        if (is_processor(read_text(s, path, name, sizeof name)) && s->n_temperatures < SENSORS_MAX)
            snprintf(s->temperature[s->n_temperatures++], SENSOR_PATH_BYTES, "%s/temp", folder);
    }
}

/* Where a core is; NAN is a place as well, of which there is one. */
typedef struct core_place {
    double package, core;
} core_place;

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static core_place place_of(const sensors *s, int cpu)
{
    char path[SENSOR_PATH_BYTES];
    core_place place;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    place.package = read_number(s, path);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
    place.core = read_number(s, path);
    return place;
}

static void find_cores(sensors *s)
{
    static const char FOLDER[] = "/sys/devices/system/cpu";
    int cpus[NUMBERED_FILES_MAX];
    core_place places[NUMBERED_FILES_MAX];
    const size_t n = numbered_files_list(s->root, FOLDER, "cpu", "", cpus, NUMBERED_FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        bool has_core = false, has_package = false;
        places[i] = place_of(s, cpus[i]);
        for (size_t k = 0; k < i; k++) {
            const bool is_package = is_same(places[k].package, places[i].package);
            has_package = has_package || is_package;
            has_core = has_core || (is_package && is_same(places[k].core, places[i].core));
        }
        if (!has_core)
            s->cores[s->n_cores++] = cpus[i];
        if (!has_package)
            s->packages[s->n_packages++] = cpus[i];
    }
}

void sensors_open(sensors *s, const char *root)
{
    memset(s, 0, sizeof *s);
    s->root = root;
    find_hwmon(s);
    if (s->n_temperatures == 0)
        find_zones(s);
    find_cores(s);
}

/* ---- what they say ----------------------------------------------------------------------------------------------- */

void sensors_read_temperature(const sensors *s, sample_values *out)
{
    char text[NUMBER_BYTES];
    double hottest = NAN;
    for (size_t i = 0; i < s->n_temperatures; i++) {
        text_file f = text_file_open(s->root, "%s", s->temperature[i]);
        text_file_read(&f, text, sizeof text);
        text_file_close(&f);
        hottest = fmax(hottest, proc_celsius(text));
    }
    out->v[SAMPLE_TEMPERATURE] = hottest;
}

/* Adds one counter of some cores; what none of them has leaves *sum as it is. */
static void add_counts(const sensors *s, const int *cpus, size_t n, const char *counter, double *sum)
{
    for (size_t i = 0; i < n; i++) {
        char path[SENSOR_PATH_BYTES];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/thermal_throttle/%s", cpus[i], counter);
        const double count = read_number(s, path);
        if (!isnan(count))
            *sum = (isnan(*sum) ? 0 : *sum) + count;
    }
}

void sensors_read_throttling(const sensors *s, sample_values *out)
{
    double sum = NAN;
    add_counts(s, s->cores, s->n_cores, "core_throttle_count", &sum);
    add_counts(s, s->packages, s->n_packages, "package_throttle_count", &sum);
    out->v[SAMPLE_THROTTLED] = sum;
}
