package main

import (
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// release is set when a release is built: -ldflags "-X main.release=1.2.3".
var release string

// Run prints the version.
func (versionCmd) Run(p *program) error {
	p.say("convene %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version is the release, or the commit that the program was built from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "development " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "development"
}
