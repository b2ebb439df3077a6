package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// result is what a bench found. What it does not measure it leaves out.
type result struct {
	Bench          string  `json:"bench"`
	Delegates      int     `json:"delegates,omitzero"`
	Letters        int     `json:"letters,omitzero"`
	Clients        int     `json:"clients,omitzero"`
	PerSecond      float64 `json:"per_second,omitzero"`
	FloorPerSecond float64 `json:"floor_per_second,omitzero"`
	Ratio          float64 `json:"ratio,omitzero"`
	P50            float64 `json:"p50_ms,omitzero"`
	P99            float64 `json:"p99_ms,omitzero"`
	RSS            float64 `json:"rss_mb,omitzero"`
	FirstPage      float64 `json:"first_page_ms,omitzero"`
	Seconds        float64 `json:"seconds,omitzero"` // of all letters

	// What an answer cost the server's processors in microseconds: it depends
	// less than the others on what else the machine does, so the table shows it.
	work, floorWork float64
}

// against fills in the figures of a bench and, unless it is empty, of its floor.
func (r result) against(bench, floor *sample) result {
	r.PerSecond, r.P50, r.P99 = bench.perSecond(), milliseconds(bench.percentile(0.50)), milliseconds(bench.percentile(0.99))
	if floor != nil {
		r.FloorPerSecond = floor.perSecond()
		r.Ratio = r.PerSecond / r.FloorPerSecond
	}
	r.work, r.floorWork = bench.work(), 0
	if floor != nil {
		r.floorWork = floor.work()
	}
	return r
}

// rounded keeps four digits: more would pretend to know more.
func (r result) rounded() result {
	for _, f := range []*float64{&r.PerSecond, &r.FloorPerSecond, &r.Ratio, &r.P50, &r.P99, &r.RSS, &r.FirstPage, &r.Seconds, &r.work, &r.floorWork} {
		if *f == 0 || math.IsInf(*f, 0) || math.IsNaN(*f) {
			*f = 0
			continue
		}
		scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(*f))))
		*f = math.Round(*f*scale) / scale
	}
	return r
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// printer writes results as they come: lines of JSON, or rows of a table.
type printer struct {
	out    io.Writer
	json   bool
	headed bool
}

func (p *printer) print(r result) {
	r = r.rounded()
	if p.json {
		line, err := json.Marshal(r)
		if err != nil { // numbers and a string always encode
			panic(err)
		}
		fmt.Fprintf(p.out, "%s\n", line)
		return
	}
	const row = "%-12s %9s %7s %7s %9s %9s %6s %8s %8s %7s %10s %8s %8s %8s\n"
	if !p.headed {
		p.headed = true
		fmt.Fprintf(p.out, row, "bench", "delegates", "letters", "clients", "per s", "floor", "ratio", "p50 ms", "p99 ms", "MB", "first page", "seconds", "CPU µs", "floor µs")
	}
	fmt.Fprintf(p.out, row, r.Bench, cell(float64(r.Delegates)), cell(float64(r.Letters)), cell(float64(r.Clients)), cell(r.PerSecond), cell(r.FloorPerSecond),
		cell(r.Ratio), cell(r.P50), cell(r.P99), cell(r.RSS), cell(r.FirstPage), cell(r.Seconds),
		cell(r.work), cell(r.floorWork))
}

func cell(f float64) string {
	if f == 0 {
		return "-"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
