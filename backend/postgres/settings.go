package postgres

import (
	"maps"
	"slices"
	"strings"
)

// arguments are those of postgres for our cluster.
func arguments(f files, socketDir string, over map[string]string) []string {
	args := []string{"-D", f.cluster()} // signalOrphans looks for this beginning
	values := settings(f, socketDir)
	maps.Copy(values, over)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		args = append(args, "-c", name+"="+values[name])
	}
	return args
}

// settings are those of a small machine with an SSD. What keeps committed data safe is set here
// although it is the default, because the command line wins over the files in the cluster.
func settings(f files, socketDir string) map[string]string {
	return map[string]string{
		"fsync":              "on",
		"full_page_writes":   "on",
		"synchronous_commit": "on",

		"listen_addresses":        "",
		"port":                    "5432", // a part of the socket's name
		"unix_socket_directories": `"` + strings.ReplaceAll(socketDir, `"`, `""`) + `"`,
		"unix_socket_permissions": "0700",
		"cluster_name":            f.processName(),

		"max_connections": "100",
		// A page without a time range locks every partition of the log with its indexes.
		"max_locks_per_transaction": "1024",
		"shared_buffers":            "256MB",
		"effective_cache_size":      "1GB",
		"work_mem":                  "8MB",
		"maintenance_work_mem":      "128MB",
		"wal_compression":           "on",
		"random_page_cost":          "1.1",
		"jit":                       "off", // its compilation takes longer than our queries

		"timezone":          "UTC",
		"log_timezone":      "UTC",
		"lc_messages":       "C", // explain reads them
		"log_destination":   "stderr",
		"logging_collector": "off",
		"log_line_prefix":   "",
		"log_min_messages":  "log", // not the errors of statements: their texts carry data
	}
}
