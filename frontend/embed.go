// Package frontend carries the built portal inside the binary.
package frontend

import "embed"

// Dist is what `npm run build` leaves in dist: index.html, its scripts, styles and fonts. Before
// the first build it holds only .gitkeep, so that the server always compiles.
//
//go:embed all:dist
var Dist embed.FS
