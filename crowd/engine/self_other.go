//go:build !unix

package engine

import "runtime"

// cpuUs is not known here.
func cpuUs() int64 { return 0 }

// rssBytes is what Go has from the system.
func rssBytes() int64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.Sys - memory.HeapReleased)
}
