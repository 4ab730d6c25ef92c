// Package migrations holds the numbered SQL files that make the database, forward only.
package migrations

import "embed"

// Files are applied in the order of their numbers; a landed file is never edited.
//
//go:embed *.sql
var Files embed.FS
