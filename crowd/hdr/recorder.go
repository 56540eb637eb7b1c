// Package hdr records latencies from many goroutines at once, and hands over what came since the last time as
// HdrHistograms: 1 µs to 3.6e9 µs (an hour), 3 significant digits, the layout of every histogram of a run.
package hdr

import (
	"math/bits"
	"sync/atomic"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// MinUs and MaxUs bound what is recorded; what lies beyond counts as the bound.
	MinUs int64 = 1
	MaxUs int64 = 3_600_000_000
	// SignificantFigures of every histogram.
	SignificantFigures = 3

	// 3 digits need a resolution of 1 in 2,000: 2,048 steps, of which each power of two adds the upper half.
	halfBits  = 10
	half      = 1 << halfBits
	stepMask  = 2*half - 1
	halfCount = 23
)

// block holds the counts of 1,024 neighbouring cells.
type block struct {
	counts [half]atomic.Uint32
	// touched is set after a count went up, and cleared before the counts are taken: what comes between is found
	// by this drain or by the next.
	touched atomic.Uint32
}

// Recorder counts values by cell. The zero value is ready, and takes 184 bytes; each power of two that is recorded
// adds 4 KiB. Record is safe for concurrent use, also with one drain at a time.
type Recorder struct {
	blocks [halfCount]atomic.Pointer[block]
}

// Record counts one value, in microseconds.
func (r *Recorder) Record(us int64) {
	us = max(MinUs, min(us, MaxUs))
	index := indexOf(us)
	b := r.blocks[index>>halfBits].Load()
	if b == nil {
		b = r.grow(index >> halfBits)
	}
	b.counts[index&(half-1)].Add(1)
	if b.touched.Load() == 0 {
		b.touched.Store(1)
	}
}

// RecordN counts a value n times.
func (r *Recorder) RecordN(us int64, n uint32) {
	if n == 0 {
		return
	}
	us = max(MinUs, min(us, MaxUs))
	index := indexOf(us)
	b := r.blocks[index>>halfBits].Load()
	if b == nil {
		b = r.grow(index >> halfBits)
	}
	b.counts[index&(half-1)].Add(n)
	b.touched.Store(1)
}

func (r *Recorder) grow(at int) *block {
	fresh := new(block)
	if r.blocks[at].CompareAndSwap(nil, fresh) {
		return fresh
	}
	return r.blocks[at].Load()
}

// indexOf is the cell of a value: the index into the counts array of the standard.
func indexOf(us int64) int {
	power := bits.Len64(uint64(us)|stepMask) - (halfBits + 1)
	return power<<halfBits + int(us>>power)
}

// valueOf is the lowest value of a cell.
func valueOf(index int) int64 {
	power := index>>halfBits - 1
	if power < 0 {
		return int64(index)
	}
	return int64(index-power<<halfBits) << power
}

// highestOf is the highest value of a cell.
func highestOf(index int) int64 {
	return valueOf(index) + int64(1)<<max(0, index>>halfBits-1) - 1
}

// Drain takes what was recorded since the last drain: each value is in exactly one. nil when there was none.
func (r *Recorder) Drain() *hdrhistogram.Histogram {
	var taken Interval
	if !r.DrainInto(&taken) {
		return nil
	}
	return taken.Histogram()
}

// DrainInto is Drain into an Interval that is used again and again; false when nothing was recorded.
func (r *Recorder) DrainInto(taken *Interval) bool {
	taken.cells = taken.cells[:0]
	taken.count = 0
	for at := range r.blocks {
		b := r.blocks[at].Load()
		if b == nil || b.touched.Load() == 0 {
			continue
		}
		b.touched.Store(0)
		for i := range b.counts {
			// Most cells are empty, and a look costs less than a swap.
			if b.counts[i].Load() == 0 {
				continue
			}
			count := b.counts[i].Swap(0)
			taken.cells = append(taken.cells, cell{index: int32(at<<halfBits + i), count: count})
			taken.count += int64(count)
		}
	}
	return taken.count > 0
}
