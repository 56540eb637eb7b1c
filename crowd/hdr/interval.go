package hdr

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

type cell struct {
	index int32
	count uint32
}

// Interval is what one drain took: the cells that have counts, in order.
type Interval struct {
	cells []cell
	count int64
}

// Count is how many values it holds.
func (iv *Interval) Count() int64 { return iv.count }

// MaxUs is the highest value, to the histogram's precision; 0 when empty.
func (iv *Interval) MaxUs() int64 {
	if len(iv.cells) == 0 {
		return 0
	}
	return highestOf(int(iv.cells[len(iv.cells)-1].index))
}

// ValueAtQuantile is the value that percent (0 to 100) of all values do not exceed; 0 when empty. The rank is rounded
// up, as the Java and JavaScript libraries do it; hdrhistogram-go rounds to the nearest, and differs where there are
// few values.
func (iv *Interval) ValueAtQuantile(percent float64) int64 {
	if iv.count == 0 {
		return 0
	}
	exact := min(max(percent, 0), 100) / 100 * float64(iv.count)
	// One unit in the last place less, so that an inexact product does not skip a value.
	rank := int64(max(1, math.Ceil(exact-(math.Nextafter(exact, math.Inf(1))-exact))))
	var seen int64
	for _, c := range iv.cells {
		if seen += int64(c.count); seen >= rank {
			return highestOf(int(c.index))
		}
	}
	return iv.MaxUs()
}

// Histogram copies it into a histogram of hdrhistogram-go: 188 KB, so for tests and readers; to
// send or write one, Encoder needs none.
func (iv *Interval) Histogram() *hdrhistogram.Histogram {
	h := NewHistogram()
	for _, c := range iv.cells {
		// Every cell lies within the range of h: this cannot fail.
		if err := h.RecordValues(valueOf(int(c.index)), int64(c.count)); err != nil {
			panic(err)
		}
	}
	return h
}

// NewHistogram is an empty histogram of the layout that all Recorders have.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(MinUs, MaxUs, SignificantFigures)
}
